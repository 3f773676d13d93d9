"""Dialogues and agreed scenes as the people of their project reach them."""

from django.contrib.auth.models import AnonymousUser, User
from django.http import Http404

from curation.enums import Role
from curation.models import Boundary, Dialogue, Project
from curation.queries.scene_lines import agreed_scenes

from .projects import ANNOTATING, member_project


def project_dialogue(
    user: User | AnonymousUser, slug: str, pk: int, roles: frozenset[Role] = ANNOTATING
) -> Dialogue:
    """Return a dialogue of the project, its scene, script and character loaded with it.

    Raises:
        Http404: a stranger, or no such dialogue; PermissionDenied: a member with another role.
    """
    project = member_project(user, slug, roles)
    dialogue = (
        Dialogue.objects.filter(project=project, pk=pk)
        .select_related(
            "scene__utterance__episode__script",
            "scene__segmentation",
            "target_character",
            "updated_by",
        )
        .first()
    )
    if dialogue is None:
        msg = "There is no such dialogue in this project."
        raise Http404(msg)
    dialogue.project = project
    return dialogue


def agreed_scene(
    user: User | AnonymousUser, slug: str, episode: int, scene: int
) -> tuple[Project, Boundary]:
    """Return a scene of the episode's agreed layer, with its project.

    Raises:
        Http404: a stranger, or no such scene; PermissionDenied: a member with another role.
    """
    project = member_project(user, slug, ANNOTATING)
    found = agreed_scenes(project.pk).filter(pk=scene, utterance__episode__pk=episode).first()
    if found is None:
        msg = "There is no such scene; its boundary may have been taken away."
        raise Http404(msg)
    return project, found
