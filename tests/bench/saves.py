"""B4: save boundaries and notes: alone, 32 people at one save a second each, 32 flat out.

Run with ``python -m tests.bench.saves``; through HTTP, sessions and permissions, against two web
processes. SQLite by default, PostgreSQL with ``DATABASE_URL``. Beside it: the smallest page of the
same server, which reads nothing. In the end the database is asked whether every save is there once.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from asgiref.sync import sync_to_async

from tests.bench.report import Row, at_least, at_most, show
from tests.bench.site import logged_in, percentile, site

PEOPLE = 32
SECONDS = 15
POSITION = 7


def prepare() -> dict[str, Any]:
    """Make 32 annotators, each with an episode of 200 utterances."""
    from django.db import connection
    from django.urls import reverse

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
        ensure_agreed_layer(episode)
        at = [script.project.slug, episode.pk]
        people.append(
            {
                "episode": episode.pk,
                "edits": reverse("reader_edits", args=at),
                "note": reverse("scene_note", args=[*at, 0]),
                "cookies": logged_in(make_member(script.project, Role.ANNOTATOR)),
            }
        )
    return {"people": people, "database": connection.vendor}


class Person:
    """One annotator who draws a boundary, writes a note, takes the boundary away, and so on."""

    def __init__(self, url: str, facts: dict[str, Any]) -> None:
        self.url, self.facts, self.cookies = url, facts, facts["cookies"]
        self.saved = {"edits": 0, "note": 0}  # how often, which is also the revision
        self.waits: dict[str, list[float]] = {"edits": [], "note": []}
        self.errors: list[str] = []

    async def save(self, session: aiohttp.ClientSession) -> None:
        """Save one boundary or note and check that its revision moved by one."""
        kind = "edits" if self.saved["edits"] <= self.saved["note"] else "note"
        revision = self.saved[kind]
        if kind == "edits":
            body: dict[str, Any] = {"on" if revision % 2 == 0 else "off": [POSITION]}
        else:
            body = {"title": f"Scene {revision}", "text": "They look for the moon again."}
        headers = {"X-CSRFToken": self.cookies["csrftoken"], "Accept": "application/json"}
        begun = time.perf_counter()
        async with session.post(
            self.url + self.facts[kind], json={"revision": revision, **body}, headers=headers
        ) as answer:
            found = await answer.json() if answer.status == 200 else {}
        self.waits[kind].append(time.perf_counter() - begun)
        if found.get("revision") != revision + 1:
            self.errors.append(f"{kind}: {answer.status} {found}")
        self.saved[kind] = found.get("revision", revision)

    async def look(self, session: aiohttp.ClientSession) -> None:
        """Fetch the smallest page."""
        begun = time.perf_counter()
        async with session.get(f"{self.url}/healthz") as answer:
            await answer.read()
        self.waits.setdefault("page", []).append(time.perf_counter() - begun)

    async def work(
        self,
        action: Callable[[aiohttp.ClientSession], Awaitable[None]],
        *,
        until: float,
        pause: float,
    ) -> None:
        """Do something again and again, ``pause`` seconds apart."""
        connector = aiohttp.TCPConnector(limit=1)
        async with aiohttp.ClientSession(cookies=self.cookies, connector=connector) as session:
            await asyncio.sleep(pause * (self.facts["episode"] % PEOPLE) / PEOPLE)
            while time.perf_counter() < until:
                begun = time.perf_counter()
                await action(session)
                await asyncio.sleep(max(0.0, pause - (time.perf_counter() - begun)))

    def lost(self) -> int:
        """Count saves that the database does not hold exactly once, in every place they leave."""
        from django.db.models import Sum

        from curation.models import Activity, ContextNote, Segmentation

        layer = Segmentation.objects.get(episode_id=self.facts["episode"], annotator=None)
        notes = ContextNote.objects.filter(scene__segmentation=layer)
        edits = Activity.objects.filter(target_type="segmentation", target_id=layer.pk)
        note_revision = layer.boundaries.aggregate(all=Sum("note_revision"))["all"]
        return sum(
            abs(found - saved)
            for found, saved in (
                (layer.revision, self.saved["edits"]),
                (edits.count(), self.saved["edits"]),
                (note_revision, self.saved["note"]),
                (notes.count(), self.saved["note"]),
            )
        )


async def together(
    people: list[Person], *, seconds: float, pause: float, action: str = "save"
) -> tuple[dict[str, list[float]], float]:
    """Let people work at once; return their waits by kind and the seconds it took."""
    for person in people:
        person.waits = {"edits": [], "note": []}
    begun = time.perf_counter()
    until = begun + seconds
    await asyncio.gather(*(p.work(getattr(p, action), until=until, pause=pause) for p in people))
    kinds = people[0].waits
    waits = {kind: [wait for p in people for wait in p.waits.get(kind, [])] for kind in kinds}
    return waits, time.perf_counter() - begun


async def measure(made: dict[str, Any]) -> int:
    """Measure the three cases and show them beside their budgets; return what went wrong."""
    people = [Person(made["url"], facts) for facts in made["people"]]
    await together(people, seconds=2, pause=0)  # warm up
    page, _ = await together(people[:1], seconds=2, pause=0.01, action="look")
    alone, _ = await together(people[:1], seconds=5, pause=0.01)
    calm, calm_seconds = await together(people, seconds=SECONDS, pause=1.0)
    flat, flat_seconds = await together(people, seconds=SECONDS, pause=0)
    where = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[made["database"]]
    _show_alone(where, alone, page["page"])
    calm_all, flat_all = (waits["edits"] + waits["note"] for waits in (calm, flat))
    show(
        at_most(
            "B4",
            f"{where}: {PEOPLE} people at one save a second, p95",
            percentile(calm_all, 0.95) * 1000,
            limit=50,
            beside=f"p50 {percentile(calm_all, 0.5) * 1000:.1f} ms, "
            f"{len(calm_all) / calm_seconds:.0f} saves/s",
        ),
        at_least(
            "B4",
            f"{where}: {PEOPLE} clients flat out",
            len(flat_all) / flat_seconds,
            limit=200,
            unit="saves/s",
            beside=f"p50 {percentile(flat_all, 0.5) * 1000:.0f} ms, p95 "
            f"{percentile(flat_all, 0.95) * 1000:.0f} ms, longest {max(flat_all) * 1000:.0f} ms",
        ),
    )
    errors = [error for person in people for error in person.errors]
    lost = await sync_to_async(lambda: sum(person.lost() for person in people))()
    saves = sum(sum(person.saved.values()) for person in people)
    what = f"{where}: {saves:,} saves looked up again"
    found = f"{len(errors)} errors, {lost} lost or doubled"
    show(Row("B4", what, found, "none", met=not errors and not lost))
    for error in errors[:5]:
        print("   ", error)
    return len(errors) + lost


def _show_alone(where: str, alone: dict[str, list[float]], page: list[float]) -> None:
    floor = percentile(page, 0.5) * 1000
    for kind, name in (("edits", "a boundary"), ("note", "a note")):
        value = percentile(alone[kind], 0.5) * 1000
        show(
            at_most(
                "B4",
                f"{where}: {name} alone, p50 of {len(alone[kind])}",
                value,
                limit=8,
                beside=f"p95 {percentile(alone[kind], 0.95) * 1000:.1f} ms; smallest page "
                f"{floor:.1f} ms, {value / floor:.1f}x",
            )
        )


def main() -> int:
    """Measure once."""
    with site(prepare) as made:
        return min(1, asyncio.run(measure(made)))


if __name__ == "__main__":
    sys.exit(main())
