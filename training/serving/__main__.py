"""``python -m training.serving``: serve the models of a directory.

    --models-dir D      where the models are (``training.serving.registry``)
    --host, --port      127.0.0.1 and 0 (any free port) unless told otherwise
    --port-file F       gets the port once the server listens
    --api-key-file F    holds the key that requests must bear
    --threads N         of torch, 1 by default
    --owner-pid P       end when this process is gone
    --max-rows, --max-requests, --memory-mib   see ``training.serving.limits.Limits``

Exit codes: 0 after SIGTERM, once replies under way are written or 20 seconds have passed;
1 when the address is taken; 2 for wrong usage.
"""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from aiohttp import web

from training.serving.app import create_app
from training.serving.engine import Engine
from training.serving.limits import Limits
from training.trainer.journal import process_start

DRAIN_SECONDS = 20.0
POLL_SECONDS = 0.5


def main() -> int:
    """Read the arguments and serve until told to stop."""
    options = _options()
    try:
        api_key = options.api_key_file.read_text(encoding="utf-8").strip()
    except OSError as error:
        sys.stderr.write(f"The API key cannot be read: {error.strerror}.\n")
        return 2
    if not api_key:
        sys.stderr.write("The API key file is empty.\n")
        return 2
    os.environ.update(
        HF_HUB_OFFLINE="1",
        HF_HUB_DISABLE_TELEMETRY="1",
        HF_HUB_DISABLE_PROGRESS_BARS="1",
        OMP_NUM_THREADS=str(options.threads),
        TOKENIZERS_PARALLELISM="false",
        TRANSFORMERS_VERBOSITY="error",
    )
    return asyncio.run(_serve(options, api_key))


def _options() -> argparse.Namespace:
    limits = Limits()
    parser = argparse.ArgumentParser(prog="python -m training.serving")
    parser.add_argument("--models-dir", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--port-file", type=Path)
    parser.add_argument("--api-key-file", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=limits.threads)
    parser.add_argument("--owner-pid", type=int)
    parser.add_argument("--max-rows", type=int, default=limits.rows)
    parser.add_argument("--max-requests", type=int, default=limits.waiting)
    parser.add_argument("--memory-mib", type=float, default=limits.memory_mib)
    return parser.parse_args()


async def _serve(options: argparse.Namespace, api_key: str) -> int:
    engine = Engine(
        Limits(
            rows=options.max_rows,
            waiting=options.max_requests,
            memory_mib=options.memory_mib,
            threads=options.threads,
        )
    )
    app = create_app(engine=engine, models_dir=options.models_dir, api_key=api_key)
    runner = web.AppRunner(
        app, access_log=None, handler_cancellation=True, shutdown_timeout=DRAIN_SECONDS
    )
    await runner.setup()
    site = web.TCPSite(runner, options.host, options.port)
    try:
        await site.start()
    except OSError as error:
        sys.stderr.write(f"The model server cannot listen: {error.strerror}.\n")
        await runner.cleanup()
        return 1
    if options.port_file:
        _write_port(options.port_file, runner.addresses[0][1])
    await _until_told_to_stop(options.owner_pid)
    await site.stop()
    engine.close()
    await asyncio.to_thread(engine.wait_until_idle, DRAIN_SECONDS)
    await runner.cleanup()
    return 0


async def _until_told_to_stop(owner_pid: int | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    born = process_start(owner_pid) if owner_pid else None
    while not stop.is_set():
        if owner_pid and (born is None or process_start(owner_pid) != born):
            return
        try:
            await asyncio.wait_for(stop.wait(), timeout=POLL_SECONDS)
        except TimeoutError:
            continue


def _write_port(path: Path, port: int) -> None:
    beside = path.with_name(f".{path.name}.tmp")
    beside.write_text(f"{port}\n", encoding="utf-8")
    beside.replace(path)


if __name__ == "__main__":
    sys.exit(main())
