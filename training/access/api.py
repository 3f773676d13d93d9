"""Who asks with a key, and what that key opens; nothing here looks at a cookie."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import Http404

from curation.access import TALKING
from curation.enums import Role
from curation.models import Project
from training.access.chat import Talker
from training.domain.api_keys import hash_key
from training.enums import ModelStage
from training.errors import TrainingError
from training.models import ApiKey, ModelVersion
from training.queries.api_keys import usable_keys
from training.queries.conversations import OPEN_TO_TESTERS

LONGEST_KEY = 200
CHECKPOINT = re.compile(r"ftjob-([0-9a-f]{32}):ckpt-step-(\d{1,9})", re.ASCII)


class KeyRefusedError(TrainingError):
    """There is no key, or it opens nothing."""

    code = "invalid_api_key"


class ScopeError(TrainingError):
    """The key, or the person's role, does not reach this far."""

    code = "insufficient_permissions"


class ProjectNeededError(TrainingError):
    """The key opens several projects, and none was named."""

    code = "project_needed"


@dataclass(frozen=True)
class Caller:
    """A key and whose it is.

    Attributes:
        project_slug: of ``OpenAI-Project``, empty where it was not sent.
    """

    key: ApiKey
    user: User
    project_slug: str = ""

    def projects(self, roles: Iterable[Role]) -> QuerySet[Project]:
        """Return the key's projects in which the person holds one of ``roles`` now."""
        found = Project.objects.filter(pk__in=self.key.projects.values("pk"))
        if not self.user.is_superuser:
            found = found.filter(
                memberships__user=self.user, memberships__role__in=list(roles)
            ).distinct()
        return found.filter(slug=self.project_slug) if self.project_slug else found


def caller_of(authorization: str, *, project_slug: str = "") -> Caller:
    """Return who asks, by the ``Authorization`` header.

    Raises:
        KeyRefusedError: no key, or one that is wrong, revoked, too old, or of a closed account.
    """
    scheme, _, secret = authorization.strip().partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret:
        raise KeyRefusedError("Send your API key as a bearer token. Make one under Your account.")
    found = None
    if len(secret) <= LONGEST_KEY:
        found = usable_keys().select_related("user").filter(key_sha256=hash_key(secret)).first()
    if found is None:
        raise KeyRefusedError(
            "This API key is wrong, revoked or too old. Make another one under Your account."
        )
    return Caller(found, found.user, project_slug)


def require_scope(caller: Caller, scope: str) -> None:
    """Refuse what the key was not made for.

    Args:
        scope: ``chat``, ``files``, ``train`` or ``train_uploads``.

    Raises:
        ScopeError: it was made for other things.
    """
    if not getattr(caller.key, f"may_{scope}"):
        words = {"chat": "chat", "files": "use files", "train": "train"}
        deed = words.get(scope, "train on uploaded files")
        raise ScopeError(f"This key may not {deed}. Make one that may, under Your account.")


def caller_project(caller: Caller, roles: frozenset[Role]) -> Project:
    """Return the project that new things of a request belong to: the one named, or the only one.

    Raises:
        ScopeError: the person holds none of ``roles`` there.
        ProjectNeededError: several are open to the key and ``OpenAI-Project`` names none.
        Http404: the key does not open the project that is named.
    """
    if caller.project_slug and not caller.projects(Role).exists():
        msg = f"This key opens no project {caller.project_slug!r}."
        raise Http404(msg)
    found = list(caller.projects(roles)[:2])
    if not found:
        raise ScopeError("Your roles in this key's projects do not allow this.")
    if len(found) > 1:
        raise ProjectNeededError(
            "This key opens several projects. Name one by its address in the header "
            "OpenAI-Project, which is OpenAI(project=…) in the library."
        )
    return found[0]


def caller_models(caller: Caller) -> QuerySet[ModelVersion]:
    """Return the models that the key may talk to, the newest first."""
    more_than_tester = caller.projects(frozenset(Role) - {Role.TESTER})
    return (
        ModelVersion.objects.filter(project__in=caller.projects(TALKING))
        .filter(OPEN_TO_TESTERS | Q(project__in=more_than_tester))
        .exclude(stage=ModelStage.RETIRED)
        .select_related("project")
        .order_by("-created_at", "-pk")
    )


def caller_model(caller: Caller, name: str) -> ModelVersion | None:
    """Return one of those models; None where the key opens no model of this name.

    A checkpoint is known by the protocol's name for it, too, once it was made a model.
    """
    models = caller_models(caller)
    if found := CHECKPOINT.fullmatch(name):
        of_job = models.filter(job__uuid=found[1]).select_related("job")
        return next((model for model in of_job if _step_of(model) == int(found[2])), None)
    return models.filter(name=name).first()


def _step_of(model: ModelVersion) -> int | None:
    """Return the step of its job that a model was kept at."""
    job = model.job
    if job is None:
        return None
    _, is_step, step = model.name.rpartition("-step-")
    return int(step) if is_step else job.best_step or job.step


def talker_of(caller: Caller, model: ModelVersion) -> Talker:
    """Return who listens to an answer, for as long as the key opens it."""
    user = caller.user
    return Talker(user.pk, user.password, "", model.project_id, caller.key.pk)
