"""Signs of life: who writes them and how old they are."""

from datetime import datetime

from django.utils import timezone

from curation.models import Heartbeat


def note_heartbeat(name: str, *, detail: str = "") -> None:
    """Note that ``beat`` or ``queue:<name>`` is alive now."""
    Heartbeat.objects.update_or_create(
        name=name, defaults={"seen_at": timezone.now(), "detail": detail}
    )


def heartbeat_ages(names: list[str], *, now: datetime | None = None) -> dict[str, float | None]:
    """Return the age in seconds of each named heartbeat, None where there has never been one."""
    now = now or timezone.now()
    seen = dict(Heartbeat.objects.filter(name__in=names).values_list("name", "seen_at"))
    return {
        name: max((now - seen[name]).total_seconds(), 0.0) if name in seen else None
        for name in names
    }
