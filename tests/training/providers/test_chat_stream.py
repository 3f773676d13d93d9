import asyncio

import pytest

from training.providers import chat_stream
from training.providers.chat_events import LONGEST_LINE_BYTES, Delta, EventReader
from training.providers.model_server import Endpoint, ModelServerError, Secret


def parsed(*parts: bytes) -> list[Delta]:
    reader = EventReader()
    return [delta for part in (*parts, b"\n") if (delta := reader.feed(part))]


def chunk(text: str) -> bytes:
    return b'data: {"choices":[{"delta":{"content":"' + text.encode() + b'"}}]}\n\n'


def test_feed_puts_a_character_in_two_pieces_together() -> None:
    whole = chunk("é→🚀")
    for cut in range(len(whole)):
        assert parsed(whole[:cut], whole[cut:]) == [Delta("é→🚀")]


def test_feed_makes_one_piece_of_what_came_together() -> None:
    end = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'
    assert parsed(chunk("a") + chunk("b"), chunk("c") + end) == [Delta("ab"), Delta("c", "stop")]


def test_feed_reads_crlf_comments_done_and_no_blank() -> None:
    stream = b': ping\r\n\r\ndata:{"choices":[{"delta":{},"finish_reason":"stop"}]}\r\n\r\n'
    assert parsed(stream, b"data: [DONE]\r\n\r\n") == [Delta(finish_reason="stop")]


def test_feed_reads_usage_without_choices() -> None:
    stream = b'data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}}\n\n'
    assert parsed(stream) == [Delta(prompt_tokens=7, completion_tokens=3)]


def test_feed_takes_a_last_line_without_line_feed() -> None:
    assert parsed(chunk("a").rstrip()) == [Delta("a")]


def test_feed_passes_over_counts_that_are_none() -> None:
    stream = b'data: {"choices":[],"usage":{"prompt_tokens":"many","completion_tokens":-1}}\n\n'
    assert parsed(stream) == [Delta()]


def test_feed_gives_only_text_that_can_be_stored_and_sent() -> None:
    assert parsed(chunk(r"a\u0000b\ud83d")) == [Delta("ab\ufffd")]


@pytest.mark.parametrize(
    ("stream", "words"),
    [
        (b'data: {"error":{"message":"out of memory"}}\n\n', "out of memory"),
        (b"data: {broken\n\n", "no answer"),
        (b"data: [1]\n\n", "no answer"),
        (b'data: {"choices":[1]}\n\n', "no answer"),
        (b'data: {"choices":[{"delta":{"content":5}}]}\n\n', "no answer"),
        (b"data: " + b"x" * LONGEST_LINE_BYTES, "no answer"),
    ],
)
def test_feed_keeps_what_came_before_a_fault_and_says_what_went_wrong(
    stream: bytes, words: str
) -> None:
    reader = EventReader()
    assert reader.feed(chunk("a") + stream + chunk("b")) == Delta("a")
    assert words in str(reader.fault)
    assert reader.feed(chunk("c")) is None


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"])
async def test_read_reply_ends_when_the_server_falls_silent(
    said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = asyncio.Event()

    async def say_and_wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        while await reader.read(1000):
            pass
        left.set()
        writer.close()

    monkeypatch.setattr(chat_stream, "SILENCE_SECONDS", 0.2)
    async with await asyncio.start_server(say_and_wait, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        endpoint = Endpoint(f"http://127.0.0.1:{port}/v1", Secret("none"))
        with pytest.raises(ModelServerError, match="fell silent"):
            await chat_stream.read_reply(endpoint, {}, take=lambda _: None)
        await asyncio.wait_for(left.wait(), 20)
    await chat_stream.close_sessions()


def test_the_place_in_the_queue_is_read_from_comments_of_our_model_server() -> None:
    assert parsed(b": before 2\n\n: something else\n\n", b": before 0\r\n\r\n" + chunk("a")) == [
        Delta(before=2),
        Delta("a", before=0),
    ]
    assert parsed(b": before many\n\n") == []
