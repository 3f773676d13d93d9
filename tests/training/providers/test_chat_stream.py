from collections.abc import AsyncIterator

import pytest

from training.providers.chat_stream import Delta, parse_events
from training.providers.model_server import ModelServerError


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def parsed(*parts: bytes) -> list[Delta]:
    return [delta async for delta in parse_events(pieces(*parts))]


def chunk(text: str) -> bytes:
    return b'data: {"choices":[{"delta":{"content":"' + text.encode() + b'"}}]}\n\n'


async def test_parse_events_puts_a_character_in_two_pieces_together() -> None:
    whole = chunk("é→🚀")
    for cut in range(len(whole)):
        assert await parsed(whole[:cut], whole[cut:]) == [Delta("é→🚀")]


async def test_parse_events_reads_crlf_comments_done_and_no_blank() -> None:
    stream = b': ping\r\n\r\ndata:{"choices":[{"delta":{},"finish_reason":"stop"}]}\r\n\r\n'
    assert await parsed(stream, b"data: [DONE]\r\n\r\n") == [Delta(finish_reason="stop")]


async def test_parse_events_reads_usage_without_choices() -> None:
    stream = b'data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}}\n\n'
    assert await parsed(stream) == [Delta(prompt_tokens=7, completion_tokens=3)]


async def test_parse_events_takes_a_last_line_without_line_feed() -> None:
    assert await parsed(chunk("a").rstrip()) == [Delta("a")]


@pytest.mark.parametrize(
    ("stream", "words"),
    [
        (b'data: {"error":{"message":"out of memory"}}\n\n', "out of memory"),
        (b"data: {broken\n\n", "no answer"),
        (b"data: [1]\n\n", "no answer"),
    ],
)
async def test_parse_events_tells_what_went_wrong(stream: bytes, words: str) -> None:
    with pytest.raises(ModelServerError, match=words):
        await parsed(stream)
