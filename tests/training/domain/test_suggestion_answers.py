"""Answers of language models: exactly as asked for, or refused with a sentence."""

import json

import pytest

from training.domain.suggestion_answers import AnswerRefusedError, read_note, read_scenes
from training.domain.suggestion_parts import Range, cut_into_ranges, merge_scenes

KNOWN = range(1, 21)


def answer(*scenes: object, **more: object) -> str:
    return json.dumps({"scenes": list(scenes), **more})


def scene(line: object = 4, title: object = "The attic", **more: object) -> dict[str, object]:
    return {"line": line, "title": title, **more}


def test_read_scenes_returns_titles_by_line() -> None:
    text = answer(scene(1, "Yard"), scene(7, " Attic "))
    assert read_scenes(text, known=KNOWN) == {1: "Yard", 7: "Attic"}
    assert read_scenes(f"```json\n{text}\n```", known=KNOWN) == {1: "Yard", 7: "Attic"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("Here you are: {}", "JSON"),
        ('{"scenes": [{"line": 4, "title": "At', "JSON"),
        (answer(scene()) + " Enjoy!", "JSON"),
        ("[" * 100_000, "JSON"),
        ("x" * 200_001, "long"),
        ("[]", "form"),
        ('{"scenes": 4}', "list"),
        ('{"scenes": ["4"]}', "form"),
        (answer(), "no scene"),
        (answer(scene(), note="x"), "nothing else"),
        (answer(scene(is_sure=True)), "nothing else"),
        (answer({"line": 4}), "nothing else"),
        ('{"scenes": [], "scenes": []}', "twice"),
        ('{"scenes": [{"line": NaN, "title": "a"}]}', "no number"),
        (answer(scene(True)), "whole number"),
        (answer(scene(4.0)), "whole number"),
        (answer(scene("4")), "whole number"),
        (answer(scene(0)), "line 0"),
        (answer(scene(21)), "line 21"),
        (answer(scene(10**30)), "not shown"),
        (answer(scene(7), scene(4)), "ascending"),
        (answer(scene(4), scene(4)), "ascending"),
        (answer(scene(title=None)), "no text"),
        (answer(scene(title="  ")), "empty"),
        (answer(scene(title="x" * 201)), "longer"),
        (answer(scene(title="a\nb")), "characters"),
        (answer(scene(title="a\x00b")), "characters"),
        (answer(scene(title="a\u202eb")), "characters"),
        (answer(scene(title="a\ud800b")), "characters"),
        (answer(scene(title="<img src=x>")), "markup"),
        (answer(scene(title="&lt;b")), "markup"),
    ],
)
def test_read_scenes_refuses_what_was_not_asked_for(text: str, why: str) -> None:
    with pytest.raises(AnswerRefusedError, match=why):
        read_scenes(text, known=KNOWN)


def test_read_note_keeps_lines_and_refuses_the_rest() -> None:
    good = {"title": "Yard", "note": "They meet.\nIt rains, 2 < 3."}
    assert read_note(json.dumps(good)).text == good["note"]
    for bad in (
        good | {"note": "x" * 1501},
        good | {"note": "<script>"},
        good | {"note": ""},
        good | {"title": "a\nb"},
        {"title": "Yard"},
    ):
        with pytest.raises(AnswerRefusedError):
            read_note(json.dumps(bad))


@pytest.mark.parametrize("count", [0, 1, 2, 239, 240, 241, 500, 5000])
def test_ranges_own_every_line_once_and_show_what_lies_around(count: int) -> None:
    ranges = cut_into_ranges(count)
    owned = [line for part in ranges for line in range(part.own_first, part.own_last + 1)]
    assert owned == list(range(count))
    for part in ranges:
        assert 0 <= part.first <= part.own_first <= part.own_last <= part.last < count
        assert part.last - part.first < 280


def test_merge_takes_each_line_from_the_answer_that_owns_it() -> None:
    left, right = Range(0, 12, 0, 9), Range(7, 19, 10, 19)
    found = merge_scenes([(left, {1: "a", 9: "b", 12: "no"}), (right, {8: "no", 11: "c"})])
    assert found == {8: "b", 10: "c"}
