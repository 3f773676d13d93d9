"""Characters: which ones the project learns, and who is somebody else's other name."""

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q

from curation.domain.activity import record_activity
from curation.domain.script_files import normalise_name
from curation.enums import DialogueState
from curation.errors import CurationError
from curation.models import Activity, Character, Project

MERGING_VERBS = ("character.alias_set", "character.alias_removed", "character.step_undone")


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
    """Merge a character into a main character, or (None) split it off as one of its own.

    The names of the source stay as they are. A character that is merged brings its own other names
    along and is no target any more. The step can be undone by :func:`undo_character_step`.

    Raises:
        CharacterError: of another project, of itself, of an alias, or with live dialogues of its
            own.
    """
    touched = _held(character, alias_of)
    before = _snapshot(touched)
    if alias_of is not None:
        _demand_fit(character, alias_of)
        character.aliases.update(alias_of=alias_of)
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
        before=before,
        after=_snapshot(touched),
    )
    return character


@transaction.atomic
def undo_character_step(step: Activity, *, user: User) -> None:
    """Give the characters of one merge or split the places they had before it.

    The undoing is a step of its own and can be undone too.

    Raises:
        CharacterError: it was no such step, or one of its characters was changed since.
    """
    before, after = step.detail.get("before"), step.detail.get("after")
    if step.verb not in MERGING_VERBS or not before or before.keys() != after.keys():
        msg = "This step cannot be undone."
        raise CharacterError(msg)
    for pk in sorted(before, key=int):
        alias_of, is_target = after[pk]
        rows = Character.objects.filter(
            pk=pk, project=step.project, alias_of=alias_of, is_target=is_target
        )
        if not rows.update(alias_of=before[pk][0], is_target=before[pk][1]):
            msg = f"{step.target_label} was changed since; undo the later steps first."
            raise CharacterError(msg)
    record_activity(
        "character.step_undone",
        project=step.project,
        actor=user,
        target=Character.objects.get(pk=step.target_id),
        undoes=step.pk,
        before=after,
        after=before,
    )


def _held(character: Character, alias_of: Character | None) -> list[int]:
    """Hold the rows that a step can touch, so that no second one comes between."""
    keys = {character.pk} | ({alias_of.pk} if alias_of else set())
    rows = Character.objects.filter(Q(pk__in=keys) | Q(alias_of=character)).order_by("pk")
    list(rows.select_for_update())
    return [pk for pk in rows.values_list("pk", flat=True) if pk != (alias_of and alias_of.pk)]


def _snapshot(keys: Iterable[int]) -> dict[str, list[object]]:
    rows = Character.objects.filter(pk__in=keys).values_list("pk", "alias_of", "is_target")
    return {str(pk): [alias_of, is_target] for pk, alias_of, is_target in rows}


def _demand_fit(character: Character, main: Character) -> None:
    if main.project_id != character.project_id:
        msg = "Both names have to be of one project."
    elif main.pk == character.pk:
        msg = f"{character.name} cannot be another name of itself."
    elif main.alias_of_id is not None:
        msg = f"{main.name} is another name of {main.alias_of}; choose that one."
    elif count := character.dialogues.exclude(state=DialogueState.REMOVED).count():
        msg = (
            f"{character.name} has {count:,} dialogues of its own, which end on its lines; merge "
            f"{main.name} into {character.name}, or remove them first."
        )
    else:
        return
    raise CharacterError(msg)
