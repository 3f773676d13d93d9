"""The demo's guidelines, in two revisions."""

from django.contrib.auth.models import User
from django.db import transaction

from curation.domain.guidelines import save_guidelines
from curation.models import Project

FIRST = """# Scenes

- A scene starts where the place or the time changes, or where the people in the room do.
- One person walking in is no new scene; everybody else walking out is.

# Dialogues

- End on a line of VEX that could not be said by anybody else.
- Leave out what only the picture explains.
"""
SECOND = (
    FIRST
    + """- Two to eight lines. Longer ones teach the plot, not the voice.

# Context notes

Say **where**, **who** and **what just happened**, in one or two sentences:

| write | rather than |
| --- | --- |
| Kitchen, night. Vex hides the moon from Pip. | Funny scene with the moon. |
"""
)


@transaction.atomic
def write_guidelines(project: Project, *, manager: User) -> None:
    """Save both revisions, unless somebody wrote guidelines already."""
    if not project.guidelines.exists():
        save_guidelines(project, text=FIRST, seen=0, author=manager, summary="First version")
        save_guidelines(
            project, text=SECOND, seen=1, author=manager, summary="How long, and context notes"
        )
