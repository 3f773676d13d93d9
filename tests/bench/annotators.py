"""B4, B3: 32 annotators for 60 s: they take episodes, cut, note, submit, and pick dialogues.

Run with ``python -m tests.bench.annotators``, or ``… annotators 5`` for five seconds; through HTTP
against two web processes. All of them also cut one crowded episode and claim lines of one scene, so
that they get into each other's way. In the end the database is asked whether it holds exactly what
was said to be saved: fault 6 of the quality page, and the dialogues of fault 7. SQLite by default,
PostgreSQL with ``DATABASE_URL``.
"""

import asyncio
import random
import re
import sys
import time
from collections import Counter
from typing import Any

import aiohttp
from asgiref.sync import sync_to_async

from tests.bench.report import Row, at_most, show
from tests.bench.site import logged_in, percentile, site

PEOPLE = 32
SECONDS = 60
LINES = 24  # utterances of an episode
CROWD_LINES = 120
MOVED = 302


def prepare() -> dict[str, Any]:
    """Make 32 annotators, many short episodes, one that all cut, one whose dialogues all pick."""
    from django.db import connection
    from django.urls import reverse

    from curation.domain.scene_submission import submit_scenes
    from curation.domain.segmentation import ensure_agreed_layer
    from curation.enums import Role
    from curation.models import Boundary, Character, Episode, Utterance
    from tests.factories import CharacterFactory, ScriptFactory, make_member

    script = ScriptFactory()
    project = script.project
    voices = [CharacterFactory(project=project) for _ in range(2)]
    Character.objects.filter(pk=voices[1].pk).update(is_target=True)
    enough = round(PEOPLE * (2 + seconds() / 6))  # each takes one in six seconds
    sizes = [CROWD_LINES, CROWD_LINES, *[LINES] * enough]
    episodes = Episode.objects.bulk_create(
        Episode(script=script, season_number=1, episode_number=n, utterance_count=size)
        for n, size in enumerate(sizes, start=1)
    )
    Utterance.objects.bulk_create(
        (
            Utterance(
                episode=one, position=i, row_number=i + 2, character=voices[i % 2], text=f"{i}?"
            )
            for one in episodes
            for i in range(one.utterance_count)
        ),
        batch_size=5_000,
    )
    crowd, picked = episodes[0], episodes[1]
    members = [make_member(project, Role.ANNOTATOR) for _ in range(PEOPLE)]
    for one in (crowd, picked):
        ensure_agreed_layer(one)
    project.assignments.create(  # the crowded one is nobody's next
        episode=crowd, kind="scenes", person=members[0], place=1, origin="manual",
        created_by=members[0], state="done",
    )  # fmt: skip
    submit_scenes(picked, revision=0, actor=members[0])
    project.assignments.create(
        episode=picked, kind="dialogues", person=members[0], place=1, origin="manual",
        created_by=members[0], state="done",
    )  # fmt: skip
    scene = Boundary.objects.get(segmentation__episode=picked)
    return {
        "database": connection.vendor,
        "next": reverse("work_next", args=[project.slug]),
        "crowd": crowd.pk,
        "crowd_url": reverse("reader", args=[project.slug, crowd.pk]),
        "pick_url": reverse("dialogue_create", args=[project.slug, picked.pk, scene.pk]),
        "target": voices[1].pk,
        "people": [logged_in(one) for one in members],
    }


class Annotator:
    """One person at work; remembers what the server said was saved."""

    def __init__(self, made: dict[str, Any], number: int) -> None:
        self.made, self.url, self.cookies = made, made["url"], made["people"][number]
        self.number = number
        self.random = random.Random(number)  # no secret
        self.episode = ""  # the address of the one in hand
        self.revision = 0
        self.taken: list[str] = []
        self.edits: Counter[str] = Counter()
        self.notes: Counter[str] = Counter()
        self.crowd = self.crowd_told = self.dialogues = self.clashes = 0
        self.waits: dict[str, list[float]] = {"save": [], "next": []}
        self.errors: list[str] = []

    async def work(self, *, until: float) -> None:
        """Do one thing a second."""
        headers = {"X-CSRFToken": self.cookies["csrftoken"], "Accept": "application/json"}
        connector = aiohttp.TCPConnector(limit=1)
        async with aiohttp.ClientSession(
            cookies=self.cookies, headers=headers, connector=connector
        ) as self.session:
            await asyncio.sleep(self.random.random())
            turn = self.number  # not all do the same in the same second
            steps = (self.cut, self.cut, self.note, self.cut_in_the_crowd, self.pick, self.submit)
            while time.perf_counter() < until:
                begun = time.perf_counter()
                await (steps[turn % len(steps)] if self.episode else self.take)()
                turn += bool(self.episode)
                await asyncio.sleep(max(0.0, 1.0 - (time.perf_counter() - begun)))

    async def ask(
        self, kind: str, path: str, *, allowed: set[int], **body: Any
    ) -> tuple[int, Any, str]:
        """Send a request; return status, JSON and where it leads, and note what must not be."""
        begun = time.perf_counter()
        async with self.session.post(self.url + path, allow_redirects=False, **body) as answer:
            is_json = "json" in answer.headers.get("Content-Type", "")
            found = await answer.json() if is_json else await answer.read()
            if answer.status not in allowed:
                self.errors.append(f"{path}: {answer.status} {str(found)[:200]}")
            self.waits.setdefault(kind, []).append(time.perf_counter() - begun)
            return answer.status, found, answer.headers.get("Location", "")

    async def take(self) -> None:
        """Take the next episode."""
        _, _, address = await self.ask("next", self.made["next"], allowed={MOVED})
        self._open(address)

    def _open(self, address: str) -> None:
        self.episode, self.revision = "", 0
        if re.search(r"/scenes/\d+/$", address):
            self.episode = address
            self.taken.append(address)

    async def cut(self) -> None:
        """Start a scene, or stop starting it, in the episode in hand."""
        at = self.random.randrange(1, LINES)
        body = {"revision": self.revision, self.random.choice(["on", "off"]): [at]}
        path = f"{self.episode}edits/"
        status, found, _ = await self.ask("save", path, allowed={200}, json=body)
        if status == 200:
            self.edits[self.episode] += 1
            self.revision = found["revision"]

    async def note(self) -> None:
        """Note the first scene of the episode in hand."""
        seen = self.notes[self.episode]
        body = {"revision": seen, "title": f"Scene {seen}", "text": "The moon is gone again."}
        path = f"{self.episode}notes/0/"
        status, _, _ = await self.ask("save", path, allowed={200}, json=body)
        self.notes[self.episode] += status == 200

    async def cut_in_the_crowd(self) -> None:
        """Cut the episode that all cut: saved, or told what a colleague saved."""
        path = f"{self.made['crowd_url']}edits/"
        async with self.session.get(self.url + path) as answer:
            seen = (await answer.json())["revision"]
        await asyncio.sleep(0.02)  # so that others can come between
        at = self.random.randrange(1, CROWD_LINES)
        body = {"revision": seen, self.random.choice(["on", "off"]): [at]}
        status, found, _ = await self.ask("save", path, allowed={200, 409}, json=body)
        self.crowd += status == 200
        self.crowd_told += status == 409
        if status == 409 and "theirs" not in found:
            self.errors.append("a refused save did not show the colleague's scenes")

    async def pick(self) -> None:
        """Claim two or four lines of the scene whose lines all claim."""
        first = 2 * self.random.randrange(CROWD_LINES // 2 - 1) + 1
        last = first + self.random.choice([1, 3])
        body = {"target": self.made["target"], "first": first, "last": last}
        status, _, _ = await self.ask(
            "pick", self.made["pick_url"], allowed={MOVED, 409, 422}, data=body
        )
        self.dialogues += status == MOVED
        self.clashes += status != MOVED

    async def submit(self) -> None:
        """Submit the episode in hand; the answer leads to the next one."""
        body = {"revision": self.revision}
        path = f"{self.episode}submit/"
        _, found, _ = await self.ask("next", path, allowed={200}, data=body)
        self._open(found["next"] if isinstance(found, dict) else "")


def lost(made: dict[str, Any], people: list[Annotator]) -> list[str]:
    """Return what the database does not hold exactly as the people were told."""
    from curation.models import (
        Activity,
        Assignment,
        ContextNote,
        Dialogue,
        DialogueUtterance,
        Segmentation,
    )

    found = []

    def expect(what: str, measured: object, told: object) -> None:
        if measured != told:
            found.append(f"{what}: {measured}, but people were told {told}")

    crowd = Segmentation.objects.get(episode=made["crowd"], annotator=None)
    expect("revision of the crowded episode", crowd.revision, sum(one.crowd for one in people))
    steps = Activity.objects.filter(target_type="segmentation", verb="scenes.edited")
    expect("its history", steps.filter(target_id=crowd.pk).count(), crowd.revision)
    layers = {one.episode_id: one for one in Segmentation.objects.filter(annotator=None)}
    for person in people:
        for address in person.taken:
            pk = int(address.rstrip("/").rpartition("/")[2])
            layer = layers.get(pk)
            expect(f"revision of {address}", layer.revision if layer else 0, person.edits[address])
            notes = ContextNote.objects.filter(scene__segmentation__episode=pk).count()
            expect(f"notes of {address}", notes, person.notes[address])
    taken = [address for person in people for address in person.taken]
    expect("episodes given to two", len(taken) - len(set(taken)), 0)
    held = Assignment.objects.filter(kind="scenes").exclude(episode=made["crowd"])
    expect("places held", held.count(), len(taken))
    expect("dialogues", Dialogue.objects.count(), sum(one.dialogues for one in people))
    claims = list(DialogueUtterance.objects.filter(is_live=True).values_list("utterance"))
    expect("lines in two dialogues", len(claims) - len(set(claims)), 0)
    return found


async def measure(made: dict[str, Any]) -> int:
    """Let everybody work; show the waits and what was lost; return what went wrong."""
    people = [Annotator(made, number) for number in range(PEOPLE)]
    until = time.perf_counter() + seconds()
    await asyncio.gather(*(one.work(until=until) for one in people))
    where = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[made["database"]]
    errors = [error for one in people for error in one.errors]
    missing = await sync_to_async(lost)(made, people)
    waits = {
        kind: [wait for one in people for wait in one.waits.get(kind, [])]
        for kind in ("save", "next")
    }
    who = f"{where}: {PEOPLE} annotators for {seconds():g} s"
    for bench, kind, name, limit in (
        ("B4", "save", "a save", 50),
        ("B3", "next", "submit and next", 300),
    ):
        found = waits[kind] or [0.0]
        value = percentile(found, 0.95) * 1000
        beside = f"p50 {percentile(found, 0.5) * 1000:.1f} ms of {len(found):,}"
        show(at_most(bench, f"{who}, {name}, p95", value, limit=limit, beside=beside))
    told, clashes = sum(one.crowd_told for one in people), sum(one.clashes for one in people)
    saves = sum(sum(one.edits.values()) + sum(one.notes.values()) + one.crowd for one in people)
    what = f"{who}: {saves:,} saves, {sum(one.dialogues for one in people)} dialogues looked up"
    beside = f"{told} told of a colleague's save, {clashes} lines were taken"
    result = f"{len(errors)} errors, {len(missing)} lost or doubled"
    show(Row("B4", what, result, "none", met=not errors and not missing, beside=beside))
    for error in [*errors, *missing][:8]:
        print("   ", error)
    return len(errors) + len(missing)


def seconds() -> float:
    """Return how long they work: what the command line says, or a minute."""
    return float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS


def main() -> int:
    """Measure once."""
    with site(prepare) as made:
        return min(1, asyncio.run(measure(made)))


if __name__ == "__main__":
    sys.exit(main())
