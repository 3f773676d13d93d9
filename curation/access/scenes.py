"""Episodes as those who cut them see them."""

from django.contrib.auth.models import AnonymousUser, User
from django.http import Http404

from curation.enums import ScriptState
from curation.models import Episode, Project
from rickproject.lib.kept_queries import Given, KeptQuery

from .projects import ANNOTATING, member_project


def _imported_episode(**members: object) -> KeptQuery[Episode]:
    return KeptQuery(
        lambda: (
            Episode.objects.select_related("script__project")
            .filter(
                pk=Given("pk"),
                script__project__slug=Given("slug"),
                script__state=ScriptState.IMPORTED,
                **members,
            )
            .order_by()
        )
    )


_ANYBODYS_EPISODE = _imported_episode()
_MEMBERS_EPISODE = _imported_episode(
    script__project__memberships__user=Given("user"),
    script__project__memberships__role__in=ANNOTATING,
)


def annotated_project(user: User | AnonymousUser, slug: str) -> Project:
    """Return the project if the person works on its scenes.

    Raises:
        Http404: a stranger; PermissionDenied: a member with another role.
    """
    return member_project(user, slug, ANNOTATING)


def annotated_episode(user: User | AnonymousUser, slug: str, pk: int) -> Episode:
    """Return an imported episode of the project, its script and project loaded with it.

    Raises:
        Http404: a stranger, or no such episode; PermissionDenied: a member with another role.
    """
    if user.is_superuser:
        episode = _ANYBODYS_EPISODE.first(pk=pk, slug=slug)
    else:
        episode = _MEMBERS_EPISODE.first(pk=pk, slug=slug, user=user.pk or 0)
    if episode is None or not user.is_active:
        annotated_project(user, slug)  # refuses whom it must refuse, in its own words
        msg = "There is no such episode in this project."
        raise Http404(msg)
    return episode
