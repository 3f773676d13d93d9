from training.serving.text import ReplyText

WORLD = " wörld".encode()
PIECES = {1: b"Hel", 2: b"lo", 3: WORLD[:3], 4: WORLD[3:], 5: b" END", 6: b"ING"}


def decode(tokens: list[int]) -> str:
    return b"".join(PIECES[token] for token in tokens).decode(errors="replace")


def test_reply_text_never_sends_half_a_character() -> None:
    text = ReplyText(decode)
    assert [text.add(token) for token in (1, 2, 3, 4)] == ["Hel", "lo", " w", "örld"]
    assert text.rest() == ""


def test_reply_text_gives_up_a_half_character_when_nothing_follows() -> None:
    text = ReplyText(decode)
    assert text.add(3) == " w"
    assert text.rest() == "\ufffd"


def test_reply_text_holds_back_what_may_become_a_stop() -> None:
    text = ReplyText(decode, stops=["ENDING"])
    assert [text.add(token) for token in (1, 5)] == ["Hel", " "]
    assert text.add(2) == "ENDlo"
    assert not text.stopped


def test_reply_text_ends_before_a_stop() -> None:
    text = ReplyText(decode, stops=["never", "ENDING"])
    assert [text.add(token) for token in (1, 5, 6)] == ["Hel", " ", ""]
    assert text.stopped
    assert text.rest() == ""
