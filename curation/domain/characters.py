"""Characters of a project: targets."""

from curation.errors import CurationError
from curation.models import Character, Project


class CharacterError(CurationError):
    """A character is not what was asked for."""

    code = "character"


def target_named(project: Project, name: str | None) -> Character:
    """Return a target character by name; without a name, the only one there is.

    Raises:
        CharacterError: none or several fit; the sentence says which there are.
    """
    targets = list(Character.objects.filter(project=project, is_target=True))
    wanted = [t for t in targets if name is None or t.normalised_name == name.strip().casefold()]
    if len(wanted) == 1:
        return wanted[0]
    names = ", ".join(t.name for t in targets) or "none yet; choose one on the script's page"
    msg = f"Say which target character is meant. Targets of {project.name}: {names}."
    raise CharacterError(msg)
