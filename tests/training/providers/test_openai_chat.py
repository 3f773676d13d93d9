"""Replies over the protocol: whole, broken off, and not replies at all."""

import pytest

from tests.contract.fault_server import (
    HTML,
    KEY,
    SERVER_ERROR_BEFORE,
    Fault,
    FaultServer,
)
from training.providers.base import ChatRequest
from training.providers.errors import (
    BrokenStreamError,
    ProviderAnswerError,
    ProviderUnavailableError,
)
from training.providers.openai_chat import OpenAIChatProvider

REQUEST = ChatRequest(model="vex", messages=[{"role": "user", "content": "Hello"}], max_tokens=20)
ERROR_INSIDE = b'data: {"error": {"message": "overloaded", "type": "server_error"}}\n\n'


def test_complete_returns_the_reply(server: FaultServer) -> None:
    reply = OpenAIChatProvider(server.base_url, KEY).complete(REQUEST)
    assert (reply.text, reply.finish_reason) == ("Who moved the moon?", "stop")
    assert (reply.prompt_tokens, reply.completion_tokens) == (9, 3)


def test_complete_refuses_a_page_of_html(server: FaultServer) -> None:
    server.fail("chat", HTML)
    with pytest.raises(ProviderAnswerError):
        OpenAIChatProvider(server.base_url, KEY).complete(REQUEST)


def test_stream_yields_the_pieces_and_the_usage(server: FaultServer) -> None:
    pieces = list(OpenAIChatProvider(server.base_url, KEY).stream(REQUEST))
    assert "".join(piece.text for piece in pieces) == "Who moved the moon?"
    assert [piece.finish_reason for piece in pieces if piece.finish_reason] == ["stop"]
    assert pieces[-1].prompt_tokens == 9


@pytest.mark.parametrize(
    ("fault", "partial"),
    [
        (Fault(chunks=2), "Who moved "),
        (Fault(chunks=1, tail=ERROR_INSIDE), "Who "),
        (Fault(chunks=1, tail=b"data: {broken\n\n"), "Who "),
        (HTML, ""),
    ],
    ids=["cut off", "error inside", "broken json", "html"],
)
def test_stream_says_that_it_broke_off_and_keeps_what_came(
    server: FaultServer, fault: Fault, partial: str
) -> None:
    server.fail("chat", fault)
    pieces = []
    with pytest.raises(BrokenStreamError) as caught:
        pieces.extend(OpenAIChatProvider(server.base_url, KEY).stream(REQUEST))
    assert caught.value.partial == partial


def test_stream_that_does_not_begin_is_unavailable(server: FaultServer) -> None:
    server.fail("chat", SERVER_ERROR_BEFORE)
    with pytest.raises(ProviderUnavailableError):
        list(OpenAIChatProvider(server.base_url, KEY).stream(REQUEST))
