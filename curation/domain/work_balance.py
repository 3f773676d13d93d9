"""Share free places out among people so that everybody has about as much to do."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime

from curation.enums import WorkKind
from curation.models import Project
from curation.queries.assignments import free_work, open_loads, places_by_episode, wanted_places

NEVER = datetime.min.replace(tzinfo=UTC)


def balanced(
    project: Project, kind: WorkKind, people: Collection[int]
) -> Iterator[tuple[int, int, int]]:
    """Yield episode, person and place for every free place that one of the people can take.

    Each goes to whom has the fewest utterances to do, among equals to whose last work was given
    longest ago. Longer episodes are shared out first, for then the loads come out most alike.
    """
    loads = open_loads(project, people)
    order = {person: loads[person][1] or NEVER for person in people}
    sizes = {person: loads[person][0] for person in people}
    episodes = list(free_work(project, kind))
    held = places_by_episode(episodes, [kind])
    turns, wanted = 0, wanted_places(project, kind)
    for episode in sorted(episodes, key=lambda one: -one.utterance_count):
        there = held.get(episode.pk, [])
        inside = {row.person_id for row in there}
        numbers = {row.place for row in there}
        for _ in range(wanted - len(there)):
            able = [person for person in people if person not in inside]
            if not able:
                break
            person = min(able, key=lambda one: (sizes[one], order[one], one))
            place = next(n for n in range(1, len(numbers) + 2) if n not in numbers)
            numbers.add(place)
            inside.add(person)
            sizes[person] += episode.utterance_count
            turns += 1
            order[person] = datetime.max.replace(tzinfo=UTC, microsecond=min(turns, 999_999))
            yield episode.pk, person, place
