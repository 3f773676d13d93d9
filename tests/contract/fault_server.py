"""A server of the OpenAI protocol for tests: it keeps state, and fails when told to.

For each route a queue of faults; without one it answers well. Every request it receives and every
good answer it gives is held against the official document; ``server.violations`` must stay empty.
"""

import json
import re
import socket
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.contract.judge import (
    ContractError,
    JudgedRequest,
    JudgedResponse,
    judge_chunk,
    judge_request,
    judge_response,
)
from tests.contract.protocol_state import Answer, ProtocolState

KEY = "sk-CANARY-test"
ROUTES = {
    "create_file": ("POST", r"/v1/files"),
    "list_files": ("GET", r"/v1/files"),
    "get_file": ("GET", r"/v1/files/([^/]+)"),
    "file_content": ("GET", r"/v1/files/([^/]+)/content"),
    "create_job": ("POST", r"/v1/fine_tuning/jobs"),
    "list_jobs": ("GET", r"/v1/fine_tuning/jobs"),
    "get_job": ("GET", r"/v1/fine_tuning/jobs/([^/]+)"),
    "cancel_job": ("POST", r"/v1/fine_tuning/jobs/([^/]+)/cancel"),
    "pause_job": ("POST", r"/v1/fine_tuning/jobs/([^/]+)/pause"),
    "resume_job": ("POST", r"/v1/fine_tuning/jobs/([^/]+)/resume"),
    "list_events": ("GET", r"/v1/fine_tuning/jobs/([^/]+)/events"),
    "list_checkpoints": ("GET", r"/v1/fine_tuning/jobs/([^/]+)/checkpoints"),
    "list_models": ("GET", r"/v1/models"),
    "get_model": ("GET", r"/v1/models/([^/]+)"),
    "chat": ("POST", r"/v1/chat/completions"),
    "moderate": ("POST", r"/v1/moderations"),
}
# The document's enum lacks the two states of the live reference: the one knowing deviation.
DEVIATION = re.compile(r'"status": ?"(paused|pausing|dreaming)"')


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request.

    Attributes:
        accepts: the work is done before the answer goes wrong.
        drops: the connection is closed without an answer.
        seconds: time to wait before answering.
        status, body, headers: an answer instead of the good one.
        chunks: of a stream that many are sent, then ``tail``, then the connection closes.
    """

    accepts: bool = False
    drops: bool = False
    seconds: float = 0.0
    status: int = 0
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    chunks: int | None = None
    tail: bytes = b""


def refusal(status: int, code: str | None, message: str = "No.", **headers: str) -> Fault:
    """Answer with an error of the protocol."""
    error = {"message": message, "type": "error", "param": None, "code": code}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault(status=status, body=json.dumps({"error": error}).encode(), headers=named)


SERVER_ERROR_BEFORE = refusal(500, None)
SERVER_ERROR_AFTER = Fault(accepts=True, status=500, body=SERVER_ERROR_BEFORE.body)
DROPPED_BEFORE = Fault(drops=True)
DROPPED_AFTER = Fault(accepts=True, drops=True)
HTML = Fault(status=200, body=b"<html>Sign in</html>", headers={"content-type": "text/html"})


@dataclass
class Received:
    """A request as it came in."""

    route: str
    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body's JSON."""
        return json.loads(self.body)


class FaultServer:
    """Run with ``with FaultServer() as server``; its address is ``server.base_url``."""

    def __init__(self) -> None:
        self.state = ProtocolState()
        self.faults: dict[str, deque[Fault]] = defaultdict(deque)
        self.received: list[Received] = []
        self.violations: list[str] = []
        self._lock = threading.RLock()
        self._http = _Server(("127.0.0.1", 0), _Handler)
        self._http.faults = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def base_url(self) -> str:
        """The address for ``OPENAI_BASE_URL``."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def __enter__(self) -> "FaultServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def fail(self, route: str, *faults: Fault) -> None:
        """Let the next requests of a route go wrong, one after the other."""
        if route not in ROUTES:
            raise KeyError(route)
        self.faults[route].extend(faults)

    def count(self, route: str) -> int:
        """Return how many requests of a route came in."""
        return sum(1 for request in self.received if request.route == route)

    def handle(self, request: Received) -> tuple[Fault, Answer | None]:
        """Judge a request, do its work unless a fault forbids it, and judge the answer."""
        with self._lock:
            self.received.append(request)
            queue = self.faults[request.route]
            fault = queue.popleft() if queue else Fault(accepts=True)
            self._judge(request, None)
            answer = None
            if fault.accepts or fault.chunks is not None:
                answer = self.state.answer(request.route, request)
                self._judge(request, answer)
        return fault, answer

    def _judge(self, request: Received, answer: Answer | None) -> None:
        judged = JudgedRequest(
            request.method.lower(), request.path, request.headers, request.body, request.query
        )
        try:
            if answer is None:
                judge_request(judged)
            elif answer.chunks is not None:
                for chunk in answer.chunks:
                    judge_chunk(chunk)
            elif not DEVIATION.search(answer.body.decode(errors="replace")):
                judge_response(
                    judged, JudgedResponse(answer.status, answer.body, answer.content_type)
                )
        except ContractError as error:
            self.violations.append(f"{request.method} {request.path}: {error}")


def _route_of(method: str, path: str) -> str:
    for name, (wanted, pattern) in ROUTES.items():
        if method == wanted and re.fullmatch(pattern, path):
            return name
    return "unknown"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    faults: "FaultServer"


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        return

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = urlsplit(self.path)
        request = Received(
            _route_of(self.command, parts.path),
            self.command,
            parts.path,
            parse_qsl(parts.query),
            dict(self.headers.items()),
            body,
        )
        fault, answer = self.server.faults.handle(request)
        time.sleep(fault.seconds)
        if fault.drops:
            self._drop()
        elif fault.status:
            self._send(fault.status, fault.body, fault.headers)
        elif answer is not None and answer.chunks is not None:
            self._stream(answer.chunks, fault)
        elif answer is not None:
            self._send(answer.status, answer.body, {"content-type": answer.content_type})
        else:
            self._send(500, b"{}", {})

    def _drop(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        try:
            self.send_response(status)
            for name, value in ({"content-type": "application/json"} | headers).items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def _stream(self, chunks: list[dict[str, Any]], fault: Fault) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        for data in _stream_bytes(chunks, fault):
            self.wfile.write(data)
            self.wfile.flush()


def _stream_bytes(chunks: list[dict[str, Any]], fault: Fault) -> Iterator[bytes]:
    for chunk in chunks[: fault.chunks]:
        yield b"data: " + json.dumps(chunk).encode() + b"\n\n"
    if fault.chunks is None:
        yield b"data: [DONE]\n\n"
    else:
        yield fault.tail
