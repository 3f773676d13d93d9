"""B4: save one boundary, alone, by 32 people at one save a second each, and by 32 flat out.

Run with ``python -m tests.bench.saves``; through HTTP, sessions and permissions, against two web
processes. SQLite by default, PostgreSQL with ``DATABASE_URL``.
"""

import asyncio
import os
import sys
import time
from typing import Any

import aiohttp

from tests.bench.site import logged_in, percentile, site

PEOPLE = 32
SECONDS = 15
ALONE = 200


def prepare() -> dict[str, Any]:
    """Make 32 annotators, each with an episode of 200 utterances."""
    from curation.domain.segmentation import ensure_agreed_layer
    from curation.enums import Role
    from curation.models import Utterance
    from tests.factories import CharacterFactory, EpisodeFactory, ScriptFactory, make_member

    script = ScriptFactory()
    voices = [CharacterFactory(project=script.project) for _ in range(6)]
    people = []
    for _ in range(PEOPLE):
        episode = EpisodeFactory(script=script)
        Utterance.objects.bulk_create(
            Utterance(
                episode=episode, position=i, row_number=i + 2, character=voices[i % 6], text=f"{i}."
            )
            for i in range(200)
        )
        layer = ensure_agreed_layer(episode)
        person = make_member(script.project, Role.ANNOTATOR)
        path = f"/p/{script.project.slug}/scenes/{episode.pk}/edits/"
        people.append({"path": path, "cookies": logged_in(person), "revision": layer.revision})
    return {"people": people}


class Person:
    """One annotator who draws a boundary and takes it away again."""

    def __init__(self, url: str, facts: dict[str, Any]) -> None:
        self.url = url + facts["path"]
        self.cookies = facts["cookies"]
        self.revision = facts["revision"]
        self.first_revision = facts["revision"]
        self.waits: list[float] = []
        self.errors: list[str] = []

    async def save(self, session: aiohttp.ClientSession) -> None:
        """Save one edit and check that the revision moved by one."""
        key = "on" if len(self.waits) % 2 == 0 else "off"
        body = {"revision": self.revision, key: [7]}
        headers = {"X-CSRFToken": self.cookies["csrftoken"]}
        begun = time.perf_counter()
        async with session.post(self.url, json=body, headers=headers) as answer:
            found = await answer.json() if answer.status == 200 else {}
        self.waits.append(time.perf_counter() - begun)
        if found.get("revision") != self.revision + 1:
            self.errors.append(f"{answer.status} {found}")
        self.revision = found.get("revision", self.revision)

    async def work(self, *, until: float, pause: float) -> None:
        """Save again and again, ``pause`` seconds apart."""
        connector = aiohttp.TCPConnector(limit=1)
        async with aiohttp.ClientSession(cookies=self.cookies, connector=connector) as session:
            await asyncio.sleep(pause * (hash(self.url) % 100) / 100)
            while time.perf_counter() < until:
                begun = time.perf_counter()
                await self.save(session)
                await asyncio.sleep(max(0.0, pause - (time.perf_counter() - begun)))


async def together(
    people: list[Person], *, seconds: float, pause: float
) -> tuple[list[float], float]:
    """Let people work at once; return their waits and the seconds it took."""
    for person in people:
        person.waits = []
    begun = time.perf_counter()
    await asyncio.gather(*(p.work(until=begun + seconds, pause=pause) for p in people))
    return [wait for p in people for wait in p.waits], time.perf_counter() - begun


async def measure(made: dict[str, Any]) -> int:
    """Measure the three cases and print them beside their budgets."""
    people = [Person(made["url"], facts) for facts in made["people"]]
    await together(people[:1], seconds=1, pause=0)  # warm up
    alone, _ = await together(people[:1], seconds=4, pause=0.01)
    calm, calm_seconds = await together(people, seconds=SECONDS, pause=1.0)
    flat, flat_seconds = await together(people, seconds=SECONDS, pause=0)
    errors = [error for person in people for error in person.errors]
    kind = "PostgreSQL" if os.environ.get("DATABASE_URL") else "SQLite"
    print(f"{kind}, load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    _print("alone, p50", percentile(alone, 0.5) * 1000, "ms", "at most 8")
    _print(
        f"{PEOPLE} people at one a second, p95", percentile(calm, 0.95) * 1000, "ms", "at most 50"
    )
    _print("  saves", len(calm) / calm_seconds, "a second", "")
    _print(f"{PEOPLE} flat out", len(flat) / flat_seconds, "saves a second", "at least 200")
    _print("  p50", percentile(flat, 0.5) * 1000, "ms", "")
    _print("  longest", max(flat) * 1000, "ms", "")
    _print("errors and lost updates", len(errors), "", "0")
    for error in errors[:5]:
        print("   ", error)
    return len(errors)


def _print(what: str, value: float, unit: str, budget: str) -> None:
    print(f"  {what:42} {value:9.1f} {unit:16} {budget}")


def main() -> int:
    """Measure once."""
    with site(prepare) as made:
        return min(1, asyncio.run(measure(made)))


if __name__ == "__main__":
    sys.exit(main())
