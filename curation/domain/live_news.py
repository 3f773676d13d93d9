"""What happens beside the scenes of an episode that is open: comments, places, notifications.

Only marks of it are read, for all open pages of a process together: numbers that change as it does.
What a person may see of it is looked up for them alone, and only then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from django.db.models import Count, Max, Q, Sum
from django.utils import timezone

from curation.enums import AssignmentState
from curation.models import Assignment, Notification, Thread


@dataclass(frozen=True, slots=True)
class News:
    """Marks that change with what they stand for; equal marks mean that nothing happened.

    Attributes:
        talk: by episode, of the open threads on its lines.
        places: by episode, of who works there until when.
        told: by person, of their unread notifications.
    """

    talk: Mapping[int, object] = field(default_factory=dict)
    places: Mapping[int, object] = field(default_factory=dict)
    told: Mapping[int, object] = field(default_factory=dict)

    def of(self, episode_id: int, user_id: int) -> tuple[object, object, object]:
        """Return the marks that concern one open page: talk, places, told."""
        return self.talk.get(episode_id), self.places.get(episode_id), self.told.get(user_id)


def read_news(episodes: Collection[int], users: Collection[int]) -> News:
    """Read the marks of episodes and people, in three queries."""
    is_open = Q(resolved_at=None)
    talk = (
        Thread.objects.filter(episode__in=episodes)
        .order_by()
        .values_list("episode")
        .annotate(n=Count("pk", filter=is_open), which=Sum("pk", filter=is_open))
    )
    held = Assignment.objects.filter(
        episode__in=episodes, state=AssignmentState.OPEN, lease_until__gt=timezone.now()
    ).order_by("pk")
    places: dict[int, list[object]] = defaultdict(list)
    for episode, *place in held.values_list("episode", "pk", "person", "lease_until"):
        places[episode].append(tuple(place))
    told = (
        Notification.objects.filter(user__in=users, read_at=None)
        .order_by()
        .values_list("user")
        .annotate(n=Count("pk"), newest=Max("pk"))
    )
    return News(
        {episode: marks for episode, *marks in talk},
        places,
        {user: marks for user, *marks in told},
    )
