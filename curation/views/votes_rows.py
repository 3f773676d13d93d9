"""The script with every annotator's scenes beside it, written straight from rows for speed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

from django.utils.safestring import SafeString, mark_safe

from curation.domain.adjudication import Split, Table
from curation.enums import DecisionRule, UtteranceKind
from curation.models import SplitDecision

from .reader_rows import CHUNK, Row, hole

STRIP_WIDTH = 1000
OPEN_CHUNK = '<ol class="chunk plain">'


def render_votes(
    table: Table,
    *,
    rows: Sequence[Row],
    people: Mapping[int, str],
    characters: Mapping[int, tuple[str, int]],
    decides: bool,
    talked: Mapping[int, str],
    line_url: str,
) -> SafeString:
    """Render lines with a tick for each annotator who starts a scene there, and the splits.

    Args:
        people: names of the annotators by their id, in the order of the table's layers.
        decides: whether each split bears the buttons that decide it.
        talked: links to open threads by position.
        line_url: where the first line's comments are.
    """
    marks = Counter(start for layer in table.layers for start in layer.starts)
    starts = [frozenset(layer.starts) for layer in table.layers]
    splits = {split.position: split for split in table.splits}
    parts = [OPEN_CHUNK]
    for position, character_id, kind, text, missing in rows:
        if position and position % CHUNK == 0:
            parts.append(f"</ol>{OPEN_CHUNK}")
        if missing and position:
            parts.append(hole(missing))
        if position in splits:
            parts.append(_split(splits[position], people=people, decides=decides, url=line_url))
        name, colour = characters.get(character_id or 0, ("", 0))
        spoken = "" if kind == UtteranceKind.SPEECH else " direction"
        said = talked.get(position, "")
        parts.append(
            f'<li class="voted{spoken}{said and " talked"}" id="u{position}" '
            f'data-speaker="{colour}"><span class="at">{position + 1}</span>'
            f"{_ticks(position, marks, starts)}"
            f'<span class="speaker">{escape(name)}</span><p>{escape(text)}</p>{said}</li>'
        )
    parts.append("</ol>")
    return mark_safe("".join(parts))  # noqa: S308  # every value above is escaped or a number


def render_strip(table: Table) -> SafeString:
    """Render the votes of every gap as a strip; darker where more annotators agree."""
    rows = max(table.spoken, default=0) + 1
    votes = Counter(start for layer in table.layers for start in layer.starts)
    split_at = {split.position for split in table.splits}
    parts = []
    for position in sorted(votes):
        share = round(4 * votes[position] / len(table.layers))
        split = ' data-split=""' if position in split_at else ""
        parts.append(
            f'<rect x="{STRIP_WIDTH * position / rows:.1f}" y="0" width="3" height="24" '
            f'data-position="{position}" data-votes="{votes[position]}" data-share="{share}"'
            f"{split}/>"
        )
    return mark_safe("".join(parts))  # noqa: S308  # numbers only


def decision_words(decision: SplitDecision, *, people: Mapping[int, str]) -> str:
    """Return what was decided at a split, and by what."""
    where = f"Starts at line {decision.start.position + 1}" if decision.start else "No scene here"
    if decision.rule == DecisionRule.MAJORITY:
        return f"{where}, by majority"
    return f"{where}, as {people.get(decision.taken_from_id or 0, 'one annotator')}"


def split_words(split: Split) -> str:
    """Return what the votes say at a split."""
    one = split.candidate
    at = f"Line {split.position + 1}"
    slips = len({start for start in split.choices if start is not None}) > 1
    near = ", not all at the same line" if slips else ""
    tie = ", a tie" if split.is_tie else ""
    return f"{at}: {one.votes} of {one.annotators} start a scene here{near}{tie}"


def choice_words(name: str, start: int | None) -> str:
    """Return what one annotator did at a split."""
    return f"{name}: {'none' if start is None else f'line {start + 1}'}"


def _ticks(position: int, marks: Counter[int], starts: Sequence[frozenset[int]]) -> str:
    if not marks[position]:
        return '<span class="ticks"></span>'
    drawn = "".join("<i data-on></i>" if position in one else "<i></i>" for one in starts)
    words = f"{marks[position]} of {len(starts)} start a scene here"
    return f'<span class="ticks" role="img" aria-label="{words}">{drawn}</span>'


def _split(split: Split, *, people: Mapping[int, str], decides: bool, url: str) -> str:
    at = split.position
    decided = split.decision is not None
    words = decision_words(split.decision, people=people) if split.decision else ""
    mark = " data-decided" if decided else ""
    parts = [
        f'<li class="split" id="split-{at}" data-split="{at}" tabindex="-1"{mark}>',
        f'<span class="split-words">{escape(split_words(split))}</span>',
    ]
    for number, (name, start) in enumerate(
        zip(people.values(), split.choices, strict=True), start=1
    ):
        label = escape(choice_words(name, start))
        if decides:
            parts.append(
                f'<button class="button-small" name="choice" value="{at}:{number}">'
                f"<kbd>{number}</kbd> {label}</button>"
            )
        else:
            parts.append(f'<span class="choice">{label}</span>')
    talk = escape(url.replace("/lines/0/", f"/lines/{at}/"))
    parts.append(f'<a class="button button-small button-quiet" href="{talk}" data-talk>Comment</a>')
    parts.append(f'<span class="decided" data-decision>{escape(words)}</span></li>')
    return "".join(parts)
