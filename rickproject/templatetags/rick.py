"""The words and shapes every page shares: status, relative time, keys, counts, bars."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from rickproject.lib.keymap import COMMANDS
from rickproject.lib.numbers import counted

register = template.Library()

# shape, tone, and the states that wear them
_LOOKS = (
    ("◔", "progress", "in_progress draft checking importing building running submitting"),
    ("◔", "progress", "validating_files pausing streaming"),
    ("●", "waiting", "submitted queued remote_queued waiting checked paused"),
    ("●", "needs", "needs_mapping needs_attention awaiting warning"),
    ("✓", "good", "approved imported accepted done succeeded complete ok"),
    ("↩", "needs", "returned"),
    ("✕", "bad", "failed error"),
    ("✕", "gone", "removed cancelled dismissed stopped"),
)
_LOOK_OF = {state: (shape, tone) for shape, tone, states in _LOOKS for state in states.split()}
_UNTOUCHED = ("○", "")


@register.inclusion_tag("components/status.html")
def status(value: Any, words: str = "") -> dict[str, str]:
    """Show a state as its word with the shape it has everywhere."""
    shape, tone = _LOOK_OF.get(str(value), _UNTOUCHED)
    label = words or getattr(value, "label", "") or str(value).replace("_", " ")
    return {"shape": shape, "tone": tone, "words": label}


def relative_words(moment: datetime, now: datetime) -> str:
    """Return how long ago (or ahead) a moment is, in the words of a clock: "4 min ago"."""
    seconds = int((now - moment).total_seconds())
    size = abs(seconds)
    if size < 45:
        return "just now" if seconds >= 0 else "in a moment"
    for limit, unit, name in (
        (3600, 60, "min"),
        (86_400, 3600, "h"),
        (86_400 * 14, 86_400, "day"),
    ):
        if size < limit:
            number = max(1, round(size / unit))
            plural = "s" if name == "day" and number != 1 else ""
            words = f"{number} {name}{plural}"
            return f"{words} ago" if seconds > 0 else f"in {words}"
    same_year = moment.year == now.year
    return f"{moment.day} {moment:%b}" if same_year else f"{moment.day} {moment:%b %Y}"


@register.simple_tag
def ago(moment: datetime | None) -> SafeString | str:
    """Show a moment relative to now, with the exact time on hover."""
    if moment is None:
        return "never"
    local = timezone.localtime(moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        f"{local.day} {local:%B %Y, %H:%M:%S %Z}",
        relative_words(moment, timezone.now()),
    )


@register.simple_tag(takes_context=True)
def key(context: Context, name: str) -> SafeString:
    """Show a command's key beside its button; a keystroke's own name shows that key.

    Scripts draw it as this machine's keyboard has it, anew in parts that htmx swaps in; those parts
    say the default, and need no query for it.
    """
    if name not in COMMANDS:
        return format_html('<kbd data-sign="{}">{}</kbd>', name, _plain(name))
    return format_html('<kbd data-hint="{}">{}</kbd>', name, key_words(context, name))


@register.simple_tag(takes_context=True)
def key_words(context: Context, name: str) -> str:
    """Return a command's first key as plain words, empty where it has none."""
    frame = None if getattr(context.get("request"), "htmx", False) else context.get("frame")
    keys = frame.keys[name] if frame else COMMANDS[name].keys
    return _plain(keys[0]) if keys else ""


def _plain(name: str) -> str:
    return name.replace("Mod", "Ctrl")


@register.simple_tag
def clock(moment: datetime | None) -> SafeString | str:
    """Show the time of day of a moment; a page's script may show it in its own time zone."""
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    return format_html(
        '<time datetime="{}" title="{}" data-clock>{}</time>',
        moment.isoformat(),
        f"{local.day} {local:%B %Y, %H:%M:%S %Z}",
        f"{local:%H:%M %Z}",
    )


@register.filter
def count(number: int | None, noun: str) -> str:
    """Return a number with its noun: ``{{ 1204|count:"utterance" }}`` is "1,204 utterances"."""
    return counted(number or 0, noun)


@register.filter
def duration(seconds: float | None) -> str:
    """Return a length of time in words: "40 seconds", "about 2 minutes", "about 3 hours"."""
    if seconds is None:
        return "unknown"
    if seconds < 90:
        return count(round(seconds), "second")
    if seconds < 90 * 60:
        return f"about {count(round(seconds / 60), 'minute')}"
    return f"about {count(round(seconds / 3600), 'hour')}"


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """Whether a field is one box to tick, whose label follows it."""
    return isinstance(field.field.widget, CheckboxInput)


@register.inclusion_tag("components/progress.html")
def progress(done: int, total: int, noun: str, label: str = "") -> dict[str, Any]:
    """Show a bar with its words: "88 of 412 utterances"."""
    words = f"{done:,} of {count(total, noun)}"
    return {"done": done, "total": total, "words": words, "label": label or noun}


@register.inclusion_tag("components/split_bar.html")
def split_bar(parts: Sequence[tuple[str, int, str]]) -> dict[str, Any]:
    """Show shares of a whole as one bar.

    Args:
        parts: (label, value, tone), tone one of accent, ink, amber, red, rule.
    """
    whole = sum(value for _, value, _ in parts) or 1
    drawn: list[dict[str, Any]] = []
    start = 0.0
    for label, value, tone in parts:
        width = 100 * value / whole
        drawn.append(
            {
                "label": label,
                "value": f"{value:,}",
                "tone": tone,
                "start": f"{start:.3f}",
                "width": f"{width:.3f}",
            }
        )
        start += width
    return {"parts": drawn, "words": ", ".join(f"{label} {value}" for label, value, _ in parts)}


@register.inclusion_tag("components/bar_pairs.html")
def bar_pairs(rows: Sequence[tuple[str, int, int]], caption: str, head: str) -> dict[str, Any]:
    """Show two distributions beside each other, each bar a share of its own column's sum.

    Args:
        rows: (label, in the training split, in the validation split).
        head: what the labels are.
    """
    sums = [sum(train for _, train, _ in rows) or 1, sum(held for _, _, held in rows) or 1]
    table = [
        {"label": label, "cells": [(train, train / sums[0]), (held_out, held_out / sums[1])]}
        for label, train, held_out in rows
    ]
    most = max((share for row in table for _, share in row["cells"]), default=0) or 1
    return {"rows": table, "caption": caption, "head": head.capitalize(), "most": most}
