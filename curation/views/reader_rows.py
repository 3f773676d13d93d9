"""The reader's list as HTML, written straight from rows: a template loop is ten times slower."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import pairwise

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from curation.domain.boundary_words import speaker_change
from curation.enums import Suggester, UtteranceKind
from curation.models import Boundary, Episode, SuggestedBoundary

Row = tuple[int, int | None, str, str, int]

#: Lines a list: the browser lays out only the lists near the window, and each costs it a little.
CHUNK = 40
OPEN_CHUNK = '<ol class="chunk plain">'

#: A suggestion that is not in the best segmentation is shown from this chance upwards.
WORTH_SHOWING = 0.25


def render_rows(
    episode: Episode,
    *,
    rows: Sequence[Row],
    starts: Iterable[Boundary],
    suggestions: Iterable[SuggestedBoundary],
    characters: Mapping[int, tuple[str, int]],
    marks: Mapping[int, str],
) -> SafeString:
    """Render lines, scene heads, holes and suggestions of one episode, everything escaped.

    Args:
        marks: links to open threads by position (:func:`thread_marks`), of lines that have any.
    """
    heads = dict(_scene_heads(episode, starts=list(starts), rows_total=len(rows)))
    if rows and 0 not in heads:
        heads[0] = scene_head(episode, number=1, position=0, last=len(rows) - 1)
    offered = {
        one.utterance.position: one
        for one in suggestions
        if one.is_proposed or one.probability >= WORTH_SHOWING
    }
    names = [characters.get(row[1] or 0, ("", 0))[0] for row in rows] if offered else []
    parts: list[str] = [OPEN_CHUNK]
    for position, character_id, kind, text, missing in rows:
        if position and position % CHUNK == 0:
            parts.append(f"</ol>{OPEN_CHUNK}")
        if missing and position:
            parts.append(hole(missing))
        if position in heads:
            parts.append(heads[position])
        elif position in offered:
            one = offered[position]
            is_named = one.title or one.run.suggester == Suggester.SOURCE
            words = "" if is_named else speaker_change(names, position)
            parts.append(suggestion(one, position=position, words=words))
        name, colour = characters.get(character_id or 0, ("", 0))
        spoken = kind == UtteranceKind.SPEECH
        pressed = "true" if position in heads else "false"
        action = "join" if position in heads else "start"
        said = marks.get(position, "")
        parts.append(
            f'<li class="line{"" if spoken else " direction"}{said and " talked"}" '
            f'id="u{position}" data-speaker="{colour}">'
            f'<button class="at" name="{action}" value="{position}" '
            f'aria-pressed="{pressed}" aria-label="{position + 1} starts a scene">{position + 1}'
            f'</button><span class="speaker">{escape(name)}</span>'
            f"<p>{escape(text)}</p>{said}</li>"
        )
    parts.append("</ol>")
    return mark_safe("".join(parts))  # noqa: S308  # every value above is escaped or a number


def hole(missing: int) -> str:
    """Render the place of lines that the source lacks."""
    lines = "line" if missing == 1 else "lines"
    return f'<li class="hole"><span>⋯ {missing} {lines} missing in the source</span></li>'


def scene_head(
    episode: Episode,
    *,
    number: int,
    position: int,
    last: int,
    pk: int = 0,
    title: str = "",
    note: str = "",
    note_revision: int = 0,
) -> str:
    """Render the line across the page with the scene's number, title and range under it."""
    url = reverse("scene_note", args=[episode.script.project.slug, episode.pk, position])
    return (
        f'<li class="scene" data-start="{position}" data-scene="{pk}" data-title="{escape(title)}" '
        f'data-note="{escape(note)}" data-note-revision="{note_revision}">'
        f'<h2>Scene <span class="scene-number">{number}</span>'
        f'<span class="scene-title">{escape(title)}</span></h2>'
        f'<span class="scene-range">lines {position + 1} to {last + 1}</span>'
        f'<a class="scene-note" href="{escape(url)}">'
        f"{'Note' if note else 'Add a note'}</a></li>"
    )


def suggestion(one: SuggestedBoundary, *, position: int, words: str) -> str:
    """Render one suggested boundary as a dashed line with its two buttons."""
    kind = "suggested" if one.is_proposed else "possible"
    percent = f"{one.probability:.0%}"
    if one.run.suggester != Suggester.SPEAKER_MODEL:
        percent = "in the source" if one.run.suggester == Suggester.SOURCE else one.run.model_name
    return suggestion_line(
        pk=one.pk, position=position, kind=kind, percent=percent, words=words, title=one.title
    )


def suggestion_line(
    *, pk: int, position: int, kind: str, percent: str, words: str, title: str = ""
) -> str:
    """Render a suggestion from plain values; ``kind`` is suggested or possible.

    A suggested title can be written over before it is accepted.
    """
    why = words and f' <span class="suggestion-why">{escape(words)}</span>'
    field = title and (
        f'<input class="suggestion-title" name="title-{pk}" value="{escape(title)}" '
        f'maxlength="200" autocomplete="off" data-suggested-title '
        f'aria-label="Title of the scene suggested at line {position + 1}">'
    )
    return (
        f'<li class="suggestion" data-kind="{kind}" data-suggestion="{pk}" '
        f'data-before="{position}" data-title="{escape(title)}">'
        f'<span class="suggestion-words">{kind} scene start '
        f"<b>{escape(percent)}</b>{why}</span>"
        f"{field}"
        f'<button class="button-small" name="accept" value="{pk}">Accept <kbd>Y</kbd></button>'
        f'<button class="button-small button-quiet" name="dismiss" value="{pk}">Dismiss '
        f"<kbd>⌫</kbd></button>"
        f"</li>"
    )


def _scene_heads(
    episode: Episode, *, starts: Sequence[Boundary], rows_total: int
) -> Iterable[tuple[int, str]]:
    positions = [boundary.utterance.position for boundary in starts]
    for number, (boundary, (first, after)) in enumerate(
        zip(starts, pairwise([*positions, rows_total]), strict=True), start=1
    ):
        yield (
            first,
            scene_head(
                episode,
                number=number,
                position=first,
                last=after - 1,
                pk=boundary.pk,
                title=boundary.title,
                note=boundary.note,
                note_revision=boundary.note_revision,
            ),
        )
