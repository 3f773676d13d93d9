"""B9: what the chat page adds to the time to first token, and the CPU it costs per chunk.

Run with ``python -m tests.bench.chat``. A model server of the bench answers every request after
50 ms with 100 tokens at 10 a second. Streams begin evenly over eight seconds, so that all of them
are open at once for a while. The same load is put on it directly and through two web processes; the
figure is the difference of the times to first token. Model server, web and bench share the machine.
"""

import asyncio
import json
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Coroutine, Iterable
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from tests.bench.site import logged_in, percentile, site
from tests.faults.platform import free_port

Stream = tuple[float, bool]
STREAMS = (1, 100, 500)
BUDGETS = {1: 30, 100: 100, 500: 400}
TOKENS = 100
FIRST_SECONDS = 0.05
TOKEN_SECONDS = 0.1
ARRIVAL_SECONDS = 8.0


def chunk(text: str, reason: str | None = None) -> bytes:
    """Return one chunk of a streamed completion."""
    delta = {"content": text} if text else {}
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    body = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return b"data: " + json.dumps(body | {"choices": [choice]}).encode() + b"\n\n"


async def complete(request: web.Request) -> web.StreamResponse:
    """Stream one completion at the bench's pace."""
    await request.read()
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    begun = time.perf_counter() + FIRST_SECONDS
    for number in range(TOKENS):
        await asyncio.sleep(max(0.0, begun + number * TOKEN_SECONDS - time.perf_counter()))
        await response.write(chunk(f"word{number} "))
    await response.write(chunk("", "stop") + b"data: [DONE]\n\n")
    return response


def serve(port: int) -> None:
    """Run the bench's model server."""
    app = web.Application()
    app.router.add_post("/v1/chat/completions", complete)
    web.run_app(app, host="127.0.0.1", port=port, print=None)


def prepare() -> dict[str, Any]:
    """Make a model and as many testers with a conversation as there are streams."""
    from curation.enums import Role
    from tests.factories import ModelVersionFactory, make_member
    from training.domain.chat import start_conversation

    model = ModelVersionFactory()
    talks = []
    for _ in range(max(STREAMS)):
        user = make_member(model.project, Role.TESTER)
        talk = start_conversation(model.project, user=user, model=model)
        path = f"/p/{model.project.slug}/chat/{talk.pk}/reply/"
        talks.append({"path": path, "cookies": logged_in(user)})
    return {"talks": talks}


async def one_stream(post: Any) -> Stream:
    """Run one stream; return the seconds to its first token and whether it was whole."""
    begun, first, body = time.perf_counter(), 0.0, b""
    async with post as answer:
        async for data in answer.content.iter_any():
            body += data
            if not first and b"word0" in body:
                first = time.perf_counter() - begun
    return first, f"word{TOKENS - 1} ".encode() in body


async def direct(session: aiohttp.ClientSession, url: str) -> Stream:
    """Ask the model server itself."""
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    return await one_stream(session.post(f"{url}/chat/completions", json=body))


async def through(session: aiohttp.ClientSession, url: str, talk: dict[str, Any]) -> Stream:
    """Ask through the chat page's door."""
    cookies = "; ".join(f"{name}={value}" for name, value in talk["cookies"].items())
    headers = {
        "Accept": "text/event-stream",
        "X-CSRFToken": talk["cookies"]["csrftoken"],
        "Cookie": cookies,
    }
    return await one_stream(session.post(url + talk["path"], data={"text": "Hi"}, headers=headers))


async def spread(streams: Iterable[Coroutine[Any, Any, Stream]]) -> list[Stream]:
    """Begin the streams evenly over a while and wait for all."""
    waiting = list(streams)
    pause = ARRIVAL_SECONDS / len(waiting) if len(waiting) > 1 else 0

    async def later(number: int, stream: Coroutine[Any, Any, Stream]) -> Stream:
        await asyncio.sleep(number * pause)
        return await stream

    return await asyncio.gather(*(later(i, stream) for i, stream in enumerate(waiting)))


async def measure(made: dict[str, Any], model_url: str) -> int:
    """Put the load on both and print the difference."""
    lost = 0
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=120)
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()
    ) as session:
        await asyncio.gather(*(through(session, made["url"], t) for t in made["talks"][:8]))
        print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
        for count in STREAMS:
            bare = await spread(direct(session, model_url) for _ in range(count))
            cpu = _web_cpu_seconds()
            ours = await spread(
                through(session, made["url"], talk) for talk in made["talks"][:count]
            )
            cpu = _web_cpu_seconds() - cpu
            missing = sum(not whole for _, whole in ours)
            lost += missing
            _report(count, [t for t, _ in bare], [t for t, _ in ours], cpu, missing)
    return min(1, lost)


def _report(count: int, bare: list[float], ours: list[float], cpu: float, lost: int) -> None:
    added = {p: (percentile(ours, p) - percentile(bare, p)) * 1000 for p in (0.5, 0.95)}
    print(
        f"  {count:3} streams: added to first token p50 {added[0.5]:.0f} ms, "
        f"p95 {added[0.95]:.0f} ms (at most {BUDGETS[count]}); direct p95 "
        f"{percentile(bare, 0.95) * 1000:.0f} ms; {cpu / count / TOKENS * 1e6:.0f} µs CPU a chunk "
        f"(at most 130, set-up included); {lost} lost"
    )


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
            return asyncio.run(measure(made, url))
    finally:
        model.terminate()


if __name__ == "__main__":
    sys.exit(main())
