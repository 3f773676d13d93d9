"""Models reach views only through here; strangers get 404."""

from collections.abc import Iterable

from django.contrib.auth.models import AnonymousUser, User
from django.http import Http404

from curation.access import WATCHING, member_project
from curation.enums import Role
from training.models import ModelVersion
from training.queries.models import project_models


def project_model(
    user: User | AnonymousUser, slug: str, pk: int, roles: Iterable[Role] = WATCHING
) -> ModelVersion:
    """Return a model of a project in which the person holds one of ``roles``.

    Raises:
        Http404: it is another project's, there is none, or the person is no member.
        PermissionDenied: a member, but without one of the roles.
    """
    project = member_project(user, slug, frozenset(roles))
    model = project_models(project).filter(pk=pk).first()
    if model is None:
        msg = "There is no such model."
        raise Http404(msg)
    return model
