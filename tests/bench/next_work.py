"""B5: the next assignment, in projects of 20,000 and of 100,000 utterances.

Run with ``python -m tests.bench.next_work``; through HTTP, sessions and permissions, against two
web processes. Each time one person asks, gets a place that was free, and gives it back; 24 others
hold places. SQLite by default, PostgreSQL with ``DATABASE_URL``.
"""

import asyncio
import sys
import time
from typing import Any

import aiohttp

from tests.bench.report import Row, at_most, show
from tests.bench.site import logged_in, percentile, site

SIZES = (20_000, 100_000)
LINES = 200  # utterances of an episode
TIMES = 150
COLLEAGUES = 24


def prepare() -> dict[str, Any]:
    """Make a project of each size, cut blind by three, in which colleagues are at work."""
    from django.db import connection

    return {"projects": [_project(size) for size in SIZES], "database": connection.vendor}


def _project(size: int) -> dict[str, Any]:
    from django.urls import reverse

    from curation.domain.assignments import take_next
    from curation.enums import Role, SegmentationMode
    from curation.models import Episode, Utterance
    from tests.factories import CharacterFactory, ScriptFactory, make_member

    script = ScriptFactory()
    project = script.project
    project.segmentation_mode, project.annotators_per_episode = SegmentationMode.BLIND, 3
    project.save()
    voices = [CharacterFactory(project=project) for _ in range(6)]
    episodes = Episode.objects.bulk_create(
        Episode(script=script, season_number=1, episode_number=n, utterance_count=LINES)
        for n in range(1, size // LINES + 1)
    )
    Utterance.objects.bulk_create(
        (
            Utterance(
                episode=one, position=i, row_number=i + 2, character=voices[i % 6], text=f"{i}."
            )
            for one in episodes
            for i in range(LINES)
        ),
        batch_size=5_000,
    )
    for _ in range(COLLEAGUES):
        take_next(project, person=make_member(project, Role.ANNOTATOR))
    return {
        "size": size,
        "next": reverse("work_next", args=[project.slug]),
        "slug": project.slug,
        "cookies": logged_in(make_member(project, Role.ANNOTATOR)),
    }


async def ask(url: str, facts: dict[str, Any]) -> tuple[list[float], list[float], list[float], int]:
    """Take, resume and give back again and again; return the three waits and what went wrong."""
    taken: list[float] = []
    resumed: list[float] = []
    page: list[float] = []
    faults = 0
    headers = {"X-CSRFToken": facts["cookies"]["csrftoken"]}
    async with aiohttp.ClientSession(cookies=facts["cookies"], headers=headers) as session:

        async def post(path: str, waits: list[float], **data: str) -> str:
            begun = time.perf_counter()
            async with session.post(url + path, data=data, allow_redirects=False) as answer:
                await answer.read()
                waits.append(time.perf_counter() - begun)
                return answer.headers.get("Location", "")

        for _ in range(TIMES):
            address = await post(facts["next"], taken)
            again = await post(facts["next"], resumed)
            faults += "/scenes/" not in address or again != address
            await post(f"{address}place/", [], kind="layer", action="give_back")
            begun = time.perf_counter()
            async with session.get(f"{url}/healthz") as answer:
                await answer.read()
            page.append(time.perf_counter() - begun)
    return taken[10:], resumed[10:], page, faults


async def measure(made: dict[str, Any]) -> int:
    """Measure both sizes and show them beside the budget; return what went wrong."""
    where = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[made["database"]]
    wrong, values = 0, []
    for facts in made["projects"]:
        taken, resumed, page, faults = await ask(made["url"], facts)
        floor = percentile(page, 0.5) * 1000
        values.append(percentile(taken, 0.5) * 1000)
        beside = (
            f"p50 {values[-1]:.1f} ms, resuming one's own p95 "
            f"{percentile(resumed, 0.95) * 1000:.1f} ms; smallest page {floor:.1f} ms"
        )
        if len(values) > 1:
            beside += f"; {values[-1] / values[0]:.2f}x of {SIZES[0]:,} utterances"
        what = f"{where}: next assignment of {facts['size']:,} utterances, p95 of {len(taken)}"
        value = percentile(taken, 0.95) * 1000
        show(at_most("B5", what, value, limit=20, beside=beside))
        wrong += faults
    show(Row("B5", f"{where}: each was free, and one's own until given back", f"{wrong} wrong"))
    return wrong


def main() -> int:
    """Measure once."""
    with site(prepare) as made:
        return min(1, asyncio.run(measure(made)))


if __name__ == "__main__":
    sys.exit(main())
