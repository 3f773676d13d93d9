"""A key of a person in a project, and requests whose answers the official document judges."""

import json
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpResponseBase
from django.test import AsyncClient, Client

from curation.enums import Role
from curation.models import Project
from tests.contract.judge import JudgedRequest, JudgedResponse, judge_response
from tests.factories import make_member
from training.domain.api_keys import make_api_key
from training.models import ApiKey


def make_key(
    project: Project, *roles: Role, user: User | None = None, **options: Any
) -> tuple[ApiKey, str]:
    """Make a key of a person with these roles in one project."""
    person = user or make_member(project, *roles or (Role.TESTER,))
    return make_api_key(person, name="notebook", projects=[project], **options)


def headers(secret: str, **more: str) -> dict[str, str]:
    """Return what a program sends with its key."""
    return {"authorization": f"Bearer {secret}"} | more


def judged(
    response: HttpResponseBase, method: str, path: str, *, query: dict[str, str] | None = None
) -> Any:
    """Hold an answer against the official document; return its JSON."""
    request = JudgedRequest(
        method=method.lower(),
        path=path,
        headers={"authorization": "Bearer x"},
        query=list((query or {}).items()),
    )
    data = response.content  # type: ignore[attr-defined]
    kind = response["Content-Type"]
    judge_response(request, JudgedResponse(response.status_code, data, kind))
    return json.loads(data) if "json" in kind else data


def ask(secret: str, method: str, path: str, body: Any = None, **more: str) -> tuple[int, Any]:
    """Send a request with a key; its answer has been judged."""
    client, options = Client(), {"headers": headers(secret, **more)}
    if method == "GET":
        response = client.get(path, body, **options)  # type: ignore[arg-type]
    else:
        response = client.generic(
            method,
            path,
            json.dumps(body or {}),
            "application/json",
            **options,  # type: ignore[arg-type]
        )
    return response.status_code, judged(response, method, path)


async def complete(secret: str, body: dict[str, Any]) -> HttpResponseBase:
    """Ask for a completion."""
    return await AsyncClient().post(
        "/v1/chat/completions", body, content_type="application/json", headers=headers(secret)
    )


async def chunks(response: HttpResponseBase) -> list[Any]:
    """Read a stream; return what its events held, in order."""
    parts = [part async for part in response]  # type: ignore[attr-defined]
    events = b"".join(parts).decode().split("\n\n")
    texts = [event.removeprefix("data: ") for event in events if event.startswith("data: ")]
    return [text if text == "[DONE]" else json.loads(text) for text in texts]
