"""Characters: which ones the project learns, and who is somebody else's other name."""

from django.contrib.auth.models import User
from django.db import transaction

from curation.domain.activity import record_activity
from curation.domain.script_files import normalise_name
from curation.errors import CurationError
from curation.models import Character, Project


class CharacterError(CurationError):
    """A character is not what was asked for, or cannot be what it should be made."""

    code = "character"


def target_named(project: Project, name: str | None) -> Character:
    """Return a target character by name; without a name, the only one there is.

    Raises:
        CharacterError: none or several fit; the sentence says which there are.
    """
    targets = list(Character.objects.filter(project=project, is_target=True))
    wanted = [t for t in targets if name is None or t.normalised_name == normalise_name(name)]
    if len(wanted) == 1:
        return wanted[0]
    names = ", ".join(t.name for t in targets) or "none yet; choose one on the script's page"
    msg = f"Say which target character is meant. Targets of {project.name}: {names}."
    raise CharacterError(msg)


@transaction.atomic
def mark_target(character: Character, *, user: User, is_target: bool) -> Character:
    """Make a character one whose lines are learnt, or make it an ordinary one again.

    Raises:
        CharacterError: it is an alias; its main character is the one to mark.
    """
    rows = Character.objects.filter(pk=character.pk)
    if is_target:
        rows = rows.filter(alias_of=None)
    if not rows.update(is_target=is_target):
        msg = f"{character.name} is another name of {character.alias_of}; mark that one."
        raise CharacterError(msg)
    character.refresh_from_db()
    verb = "character.made_target" if is_target else "character.made_ordinary"
    record_activity(verb, project=character.project, actor=user, target=character)
    return character


@transaction.atomic
def set_alias(character: Character, *, user: User, alias_of: Character | None) -> Character:
    """Say that a character is another name of a main character, or (None) a character of its own.

    The names of the source stay as they are; an alias is no target itself.

    Raises:
        CharacterError: of another project, of itself, of an alias, or it has aliases itself.
    """
    if alias_of is not None:
        _demand_fit(character, alias_of)
    values: dict[str, object] = {"alias_of": alias_of}
    if alias_of is not None:
        values["is_target"] = False
    Character.objects.filter(pk=character.pk).update(**values)
    character.refresh_from_db()
    record_activity(
        "character.alias_set" if alias_of else "character.alias_removed",
        project=character.project,
        actor=user,
        target=character,
        alias_of=alias_of.name if alias_of else None,
    )
    return character


def _demand_fit(character: Character, main: Character) -> None:
    if main.project_id != character.project_id:
        msg = "Both names have to be of one project."
    elif main.pk == character.pk:
        msg = f"{character.name} cannot be another name of itself."
    elif main.alias_of_id is not None:
        msg = f"{main.name} is another name of {main.alias_of}; choose that one."
    elif character.aliases.exists():
        msg = f"{character.name} has other names of its own; take those away first."
    else:
        return
    raise CharacterError(msg)
