"""B9: what the chat page adds to the time to first token, and the CPU it costs per chunk.

Run with ``python -m tests.bench.chat``. A model server in a process of its own answers every
request after 50 ms with 100 tokens at 10 a second, from chunks rendered beforehand. Streams begin
evenly over eight seconds, so that all of them are open at once for a while. The same load is put on
it directly and through two web processes; the figure is the difference of the times to first token.
The CPU of the web processes is counted from outside; what setting a stream up costs is measured by
streams of one token, and taken off. Model server, web and bench share the machine.
"""

import asyncio
import json
import multiprocessing
import os
import resource
import sys
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import uvloop

from tests.bench.chat_streams import MOST_TOKENS, Stream, read_stream, serve
from tests.bench.report import at_most, show
from tests.bench.site import logged_in, percentile, site
from tests.faults.platform import free_port

STREAMS = (100, 500)
BUDGETS = {1: 30, 100: 100, 500: 400}
CHUNK_MICROSECONDS = 130
SINGLE_RUNS, SINGLE_TOKENS = 40, 2
ARRIVAL_SECONDS = 8.0


class Load(NamedTuple):
    """What one load has shown; ``cpu_seconds`` of the web processes."""

    streams: list[Stream]
    cpu_seconds: float

    def first(self, share: float) -> float:
        """Return the milliseconds to the first token at a percentile."""
        return percentile([stream.first_seconds for stream in self.streams], share) * 1000

    @property
    def lost(self) -> int:
        """Return how many streams were not whole."""
        return sum(not stream.is_whole for stream in self.streams)


class Bench:
    """The addresses, the people and how often each has spoken."""

    def __init__(self, made: dict[str, Any], model_url: str) -> None:
        self.made, self.model_url = made, model_url

    async def direct(self, count: int, tokens: int) -> Load:
        """Ask the model server itself."""
        body = json.dumps({"stream": True, "max_tokens": tokens}).encode()
        url = f"{self.model_url}/chat/completions"
        pause = ARRIVAL_SECONDS / count
        streams = await asyncio.gather(
            *(
                read_stream(url, headers={}, body=body, tokens=tokens, pause=number * pause)
                for number in range(count)
            )
        )
        return Load(list(streams), 0)

    async def through(self, count: int, tokens: int) -> Load:
        """Ask through the chat page's door."""
        pause, before = ARRIVAL_SECONDS / count, _web_cpu_seconds()
        streams = await asyncio.gather(
            *(self.one(number, tokens, pause=number * pause) for number in range(count))
        )
        return Load(list(streams), _web_cpu_seconds() - before)

    async def one(self, number: int, tokens: int, *, pause: float = 0) -> Stream:
        """Send one message in a conversation with replies of so many tokens."""
        talk = self.made["talks"][number][tokens]
        cookies = self.made["talks"][number]["cookies"]
        headers = {
            "Accept": "text/event-stream",
            "Content-Type": "application/x-www-form-urlencoded",
            "X-CSRFToken": cookies["csrftoken"],
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        }
        body = urlencode({"text": "Hi", "turn": talk["turn"]}).encode()
        talk["turn"] += 1
        url = self.made["url"] + talk["path"]
        return await read_stream(url, headers=headers, body=body, tokens=tokens, pause=pause)


def prepare() -> dict[str, Any]:
    """Make a model and as many testers with conversations as there are streams."""
    from curation.enums import Role
    from tests.factories import ModelVersionFactory, make_member
    from training.domain.chat import start_conversation

    model = ModelVersionFactory()
    talks: list[dict[Any, Any]] = []
    for _ in range(max(STREAMS)):
        user = make_member(model.project, Role.TESTER)
        mine: dict[Any, Any] = {"cookies": logged_in(user)}
        for tokens in (1, SINGLE_TOKENS, MOST_TOKENS):
            talk = start_conversation(model.project, user=user, model=model, max_tokens=tokens)
            mine[tokens] = {"path": f"/p/{model.project.slug}/chat/{talk.pk}/reply/", "turn": 0}
        talks.append(mine)
    return {"talks": talks}


async def measure(bench: Bench) -> int:
    """Put the loads on both and show the differences; return 1 if a stream was lost."""
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    await asyncio.gather(*(bench.one(number, SINGLE_TOKENS) for number in range(16)))
    bare = [(await bench.direct(1, SINGLE_TOKENS)).streams[0] for _ in range(SINGLE_RUNS)]
    ours = [await bench.one(20 + number, SINGLE_TOKENS) for number in range(SINGLE_RUNS)]
    lost = _show_added(1, Load(bare, 0), Load(ours, 0))
    for count in STREAMS:
        setting_up = await bench.through(count, 1)
        direct = await bench.direct(count, MOST_TOKENS)
        through = await bench.through(count, MOST_TOKENS)
        lost += _show_added(count, direct, through) + setting_up.lost
        _show_cpu(count, setting_up, through)
    return min(1, lost)


def _show_added(count: int, bare: Load, ours: Load) -> int:
    added = {share: ours.first(share) - bare.first(share) for share in (0.5, 0.95)}
    beside = (
        f"p50 {added[0.5]:.0f} ms; direct p50 {bare.first(0.5):.0f} ms, p95 {bare.first(0.95):.0f} "
        f"ms; {ours.lost} of {len(ours.streams)} lost, {bare.lost} directly"
    )
    what = f"chat, {count} at once: added to the first token, p95"
    show(at_most("B9", what, added[0.95], limit=BUDGETS[count], beside=beside))
    return ours.lost


def _show_cpu(count: int, setting_up: Load, ours: Load) -> None:
    alone = (ours.cpu_seconds - setting_up.cpu_seconds) / count / (MOST_TOKENS - 1) * 1e6
    whole = ours.cpu_seconds / count / MOST_TOKENS * 1e6
    begin = setting_up.cpu_seconds / count * 1000
    what = f"chat, {count} at once: CPU of the web processes a chunk"
    beside = f"{whole:.0f} µs with setting up, which takes {begin:.1f} ms a stream"
    show(at_most("B9", what, alone, limit=CHUNK_MICROSECONDS, unit="µs", beside=beside))


def _web_cpu_seconds() -> float:
    """Return the CPU time of the web processes that this bench has started."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0.0
    for pid in _descendants(os.getpid()):
        if b"uvicorn" in _command(pid):
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
            total += (int(fields[11]) + int(fields[12])) / ticks
    return total


def _command(pid: int) -> bytes:
    """Return the command line; a process that multiprocessing made counts as its parent."""
    try:
        own = Path(f"/proc/{pid}/cmdline").read_bytes()
        parent = int(Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()[1])
        return own + Path(f"/proc/{parent}/cmdline").read_bytes()
    except OSError:
        return b""


def _descendants(pid: int) -> list[int]:
    found = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found += [int(child), *_descendants(int(child))]
    return found


def main() -> int:
    """Measure once."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))
    port = free_port()
    model = multiprocessing.get_context("spawn").Process(target=serve, args=(port,), daemon=True)
    model.start()
    url = f"http://127.0.0.1:{port}/v1"
    settings = {
        "RICK_MODEL_SERVER_URL": url,
        "RICK_CHAT_MESSAGES_PER_MINUTE": "1000",
        "RICK_CHAT_STREAMS_PER_PROCESS": "500",
    }
    try:
        with site(prepare, **settings) as made:
            return uvloop.run(measure(Bench(made, url)))
    finally:
        model.terminate()


if __name__ == "__main__":
    sys.exit(main())
