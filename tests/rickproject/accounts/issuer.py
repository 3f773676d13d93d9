"""A small OpenID Connect issuer over HTTP, with a key of its own and faults on demand."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID, SECRET = "rickproject", "canary-secret-of-the-client"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Issuer:
    """What the issuer knows and has been asked."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.person: dict[str, Any] = {
            "sub": "pip-1",
            "email": "pip@example.org",
            "email_verified": True,
            "preferred_username": "pip",
            "given_name": "Pip",
        }
        self.claims: dict[str, Any] = {}
        self.key = KEY
        self.algorithm = "RS256"
        self.discovery: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.redirects: set[str] = set()
        self.asked: list[str] = []
        self.token_form: dict[str, list[str]] = {}

    def told(self) -> dict[str, Any]:
        """Return the discovery document."""
        paths = {
            "authorization_endpoint": "/authorize",
            "token_endpoint": "/token",
            "userinfo_endpoint": "/userinfo",
            "jwks_uri": "/keys",
        }
        places = {name: f"{self.address}{path}" for name, path in paths.items()}
        return {"issuer": self.address, **places} | self.discovery

    def id_token(self) -> str:
        """Return a signed token of the person."""
        now = int(time.time())
        claims = {
            "iss": self.address,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            **self.person,
        } | self.claims
        key: Any = "not-much-of-a-key-but-long-enough!!" if self.algorithm == "HS256" else self.key
        if self.algorithm == "none":
            key = None
        return jwt.encode(claims, key, algorithm=self.algorithm, headers={"kid": "one"})

    def answer(self, path: str) -> dict[str, Any]:
        """Return what a path answers."""
        published = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
        answers: dict[str, Callable[[], dict[str, Any]]] = {
            "/.well-known/openid-configuration": self.told,
            "/keys": lambda: {"keys": [published | {"kid": "one", "alg": "RS256"}]},
            "/token": lambda: {"access_token": "a", "id_token": self.id_token()},
            "/userinfo": lambda: self.person | self.userinfo,
        }
        return answers[path]()


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    """Serve an issuer on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            parts = urlsplit(self.path)
            if parts.path == "/authorize":
                asked = {name: value[0] for name, value in parse_qs(parts.query).items()}
                back = urlencode({"code": "c", "state": asked["state"]})
                self.send_response(302)
                self.send_header("Location", f"{asked['redirect_uri']}?{back}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if self.path in issuer.redirects:
                self.send_response(307)
                self.send_header("Location", f"{issuer.address}/userinfo")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body = json.dumps(issuer.answer(self.path)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            issuer.token_form = parse_qs(self.rfile.read(length).decode())
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer = Issuer(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
