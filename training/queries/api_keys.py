"""Keys of the OpenAI protocol, and what they open."""

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone

from curation.models import Project
from training.models import ApiKey


def usable_keys() -> QuerySet[ApiKey]:
    """Return the keys that open something now."""
    now = timezone.now()
    return ApiKey.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None, user__is_active=True
    )


def keys_of(user: User) -> QuerySet[ApiKey]:
    """Return a person's keys that were not revoked, the newest first, with their projects."""
    return ApiKey.objects.filter(user=user, revoked_at=None).prefetch_related("projects")


def projects_of(user: User) -> QuerySet[Project]:
    """Return the projects for which a person may make keys."""
    if user.is_superuser:
        return Project.objects.all()
    return Project.objects.filter(memberships__user=user).distinct()
