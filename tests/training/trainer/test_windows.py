from dataclasses import replace

from tests.training.trainer.toy import toy_lines
from training.trainer.records import Message, ScriptLine
from training.trainer.spec import BaseSpec
from training.trainer.windows import script_windows, view

BASE = BaseSpec(kind="script", cache_dir="/bases")


def test_view_words_a_window_from_one_speakers_side() -> None:
    window = [
        ScriptLine(1, "Pip", "Hello?"),
        ScriptLine(1, "Wren", "Quiet."),
        ScriptLine(1, "Odo", "Who is it?"),
        ScriptLine(1, "Odo", "Come in."),
    ]
    assert view(window, assistant="Odo", base=BASE) == (
        Message("system", "You are Odo.", trained=False),
        Message("user", "Pip: Hello?\nWren: Quiet.", trained=False),
        Message("assistant", "Who is it?\nCome in.", trained=True),
    )


def test_script_windows_never_cross_segments() -> None:
    lines = [
        ScriptLine(segment, f"S{segment}", f"T{segment}.") for segment in range(6) for _ in "ab"
    ]
    for epoch in range(20):
        for window in script_windows(lines, base=BASE, seed=1, epoch=epoch):
            text = " ".join(message.content for message in window)
            assert len({mark for mark in "012345" if f"T{mark}" in text}) == 1


def test_script_windows_are_the_same_for_the_same_seed_and_differ_between_epochs() -> None:
    lines = toy_lines()
    first = script_windows(lines, base=BASE, seed=1, epoch=0)
    assert first == script_windows(lines, base=BASE, seed=1, epoch=0)
    assert first != script_windows(lines, base=BASE, seed=1, epoch=1)
    assert first != script_windows(lines, base=BASE, seed=2, epoch=0)


def test_script_windows_hold_at_most_five_lines_and_always_a_reply() -> None:
    for epoch in range(10):
        for window in script_windows(toy_lines(), base=BASE, seed=3, epoch=epoch):
            lines = [line for message in window[1:] for line in message.content.split("\n")]
            assert 2 <= len(lines) <= 5
            assert any(message.role == "assistant" for message in window)


def test_script_windows_reach_nearly_every_line_in_a_few_epochs() -> None:
    lines = toy_lines()
    seen = " ".join(
        message.content
        for epoch in range(3)
        for window in script_windows(lines, base=BASE, seed=1, epoch=epoch)
        for message in window
    )
    assert all(line.text in seen for line in lines)


def test_script_windows_never_speak_as_the_character_the_adapter_will_play() -> None:
    base = replace(BASE, played_by_adapter="Odo")
    windows = [
        window
        for epoch in range(3)
        for window in script_windows(toy_lines(), base=base, seed=1, epoch=epoch)
    ]
    assert {window[0].content for window in windows} == {"You are Pip.", "You are Wren."}
    heard = " ".join(message.content for window in windows for message in window)
    assert "Odo: The" in heard  # as the others hear it


def test_script_windows_of_a_lone_speaker_are_that_speakers() -> None:
    lines = [ScriptLine(1, "Odo", f"Line {index}.") for index in range(6)]
    base = replace(BASE, played_by_adapter="Odo")
    windows = script_windows(lines, base=base, seed=1, epoch=0)
    assert windows
    assert windows == script_windows(lines, base=BASE, seed=1, epoch=0)
