"""How annotators are called on pages that compare them: by name for managers only."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import User

from curation.access import MANAGING, project_roles
from curation.models import Project


def layer_names(viewer: User, project: Project, people: Sequence[User]) -> list[str]:
    """Return a name for each annotator; reviewers and annotators see numbers, to judge unbiased."""
    shows_names = bool(project_roles(viewer, project) & MANAGING)
    names = []
    for number, person in enumerate(people, start=1):
        if person == viewer:
            names.append("You")
        elif shows_names:
            names.append(person.get_full_name() or person.username)
        else:
            names.append(f"Annotator {number}")
    return names
