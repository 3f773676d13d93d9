"""Keys of the OpenAI protocol: made, taken back, and what they have used."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from curation.domain.activity import record_activity
from curation.enums import Role
from curation.models import Membership, Project
from rickproject.config import get_config
from training.errors import TrainingError
from training.models import ApiKey, TokenReservation

BEGINNING = "rick-"
SECRET_BYTES = 32
PREFIX_LENGTH = 12
MOST_KEYS = 50
NOTED_AGAIN = timedelta(minutes=1)


class ApiKeyError(TrainingError):
    """A key cannot be made or used like this."""

    code = "api_key"


class TokensUsedUpError(TrainingError):
    """The key has had its tokens of this month."""

    code = "insufficient_quota"


def hash_key(secret: str) -> str:
    """Return what is kept of a key; it is random enough that a plain hash gives nothing away."""
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def make_api_key(
    user: User,
    *,
    name: str,
    projects: Sequence[Project],
    may_chat: bool = True,
    may_files: bool = False,
    may_train: bool = False,
    may_train_uploads: bool = False,
    tokens_per_month: int | None = None,
    days: int | None = None,
) -> tuple[ApiKey, str]:
    """Make a key; its secret is told once, here, and kept as a hash only.

    Args:
        projects: of which the person is a member.
        may_train_uploads: train on files that were uploaded, which nobody has approved.
        tokens_per_month: of prompts and answers together; None for the operator's limit.
        days: until it ends by itself; None for never.

    Raises:
        ApiKeyError: no project or deed is chosen, a project is not theirs, only managers may do
            what is asked for, or the person has too many keys.
    """
    _check_deeds(
        chats=may_chat, files=may_files, trains=may_train, trains_uploads=may_train_uploads
    )
    _check_projects(user, projects, needs_manager=may_files or may_train)
    if ApiKey.objects.filter(user=user, revoked_at=None).count() >= MOST_KEYS:
        raise ApiKeyError(f"You have {MOST_KEYS} keys already; revoke one that you do not use.")
    secret = BEGINNING + secrets.token_urlsafe(SECRET_BYTES)
    key = ApiKey.objects.create(
        user=user,
        name=name,
        prefix=secret[:PREFIX_LENGTH],
        key_sha256=hash_key(secret),
        may_chat=may_chat,
        may_files=may_files,
        may_train=may_train,
        may_train_uploads=may_train_uploads,
        tokens_per_month=tokens_per_month,
        expires_at=None if days is None else timezone.now() + timedelta(days=days),
    )
    key.projects.set(projects)
    slugs = sorted(project.slug for project in projects)
    record_activity("api_key.made", project=None, actor=user, target=key, projects=slugs)
    return key, secret


def _check_deeds(*, chats: bool, files: bool, trains: bool, trains_uploads: bool) -> None:
    if not (chats or files or trains):
        raise ApiKeyError("Choose at least one thing that the key may do.")
    if trains_uploads and not trains:
        raise ApiKeyError("To train on uploaded files the key must be allowed to train, too.")


def _check_projects(user: User, projects: Sequence[Project], *, needs_manager: bool) -> None:
    if not projects:
        raise ApiKeyError("Choose at least one project.")
    if user.is_superuser:
        return
    held = Membership.objects.filter(user=user, project__in=projects)
    roles: dict[int, set[str]] = {}
    for project_id, role in held.values_list("project_id", "role"):
        roles.setdefault(project_id, set()).add(role)
    for project in projects:
        if project.pk not in roles:
            raise ApiKeyError(f"You are no member of {project.name}.")
        if needs_manager and Role.MANAGER not in roles[project.pk]:
            raise ApiKeyError(
                f"Files and training are for managers, and you are none of {project.name}. Make a "
                "key that may only chat, or leave that project out."
            )


@transaction.atomic
def revoke_api_key(key: ApiKey, *, actor: User) -> None:
    """Take a key back; answers under way end within seconds.

    Raises:
        ApiKeyError: it was taken back before.
    """
    if not ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
        raise ApiKeyError("This key was revoked before.")
    record_activity("api_key.revoked", project=None, actor=actor, target=key)
    key.refresh_from_db()


def note_use(key: ApiKey) -> None:
    """Write down that a key was used now, at most once a minute."""
    now = timezone.now()
    if key.last_used_at is None or key.last_used_at < now - NOTED_AGAIN:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)


def tokens_allowed(key: ApiKey) -> int:
    """Return how many tokens a key may use in a month, at most what the operator allows."""
    most = get_config().api_tokens_per_month
    return most if key.tokens_per_month is None else min(key.tokens_per_month, most)


@transaction.atomic
def reserve_tokens(key: ApiKey, *, tokens: int) -> TokenReservation:
    """Take what an answer may use off the key's month before it is asked for.

    One conditional update, so that many at once cannot pass the limit together.

    Returns:
        what :func:`settle_tokens` wants when the answer has ended.

    Raises:
        TokensUsedUpError: less is left.
    """
    month = timezone.now().date().replace(day=1)
    limit = tokens_allowed(key)
    ApiKey.objects.filter(~Q(usage_month=month) | Q(usage_month=None), pk=key.pk).update(
        usage_month=month, used_tokens=0
    )
    if not ApiKey.objects.filter(
        pk=key.pk, usage_month=month, used_tokens__lte=limit - tokens
    ).update(used_tokens=F("used_tokens") + tokens, request_count=F("request_count") + 1):
        raise TokensUsedUpError(
            f"This key may use {limit:,} tokens a month, and too few are left for this request. "
            "Ask for a shorter answer, wait for the next month, or use another key."
        )
    return TokenReservation.objects.create(key=key, month=month, tokens=tokens)


@transaction.atomic
def settle_tokens(reservation: TokenReservation, *, used: int) -> None:
    """Replace what was reserved by what an answer took, in the month in which it was asked for."""
    is_held, _ = TokenReservation.objects.filter(pk=reservation.pk).delete()
    held = reservation.tokens if is_held else 0  # given back already: it took very long
    ApiKey.objects.filter(pk=reservation.key_id, usage_month=reservation.month).update(
        used_tokens=F("used_tokens") + (used - held)
    )


def give_back_reservations(older_than_seconds: int) -> int:
    """Give back what is held for answers whose web process died.

    Returns:
        How many there were.
    """
    limit = timezone.now() - timedelta(seconds=older_than_seconds)
    left_over = TokenReservation.objects.filter(created_at__lt=limit)
    for reservation in left_over:
        settle_tokens(reservation, used=0)
    return len(left_over)
