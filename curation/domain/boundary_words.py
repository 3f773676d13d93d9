"""Say in words what happens to the speakers at a boundary."""

from __future__ import annotations

from collections.abc import Sequence

WINDOW = 8
MOST_NAMES = 2


def speaker_change(speakers: Sequence[str], gap: int) -> str:
    """Compare who speaks in the eight rows before and after a gap.

    Args:
        speakers: who speaks each row, in order; empty names are left out.
        gap: the row before which the boundary would lie, 1..rows-1.
    """
    before = list(dict.fromkeys(s for s in speakers[max(0, gap - WINDOW) : gap] if s))
    after = list(dict.fromkeys(s for s in speakers[gap : gap + WINDOW] if s))
    gone = [name for name in before if name not in after]
    new = [name for name in after if name not in before]
    if before and after and len(gone) == len(before):
        return "all speakers change"
    words = [_list(new, "comes", "come")] if new else []
    if gone:
        words.append(_list(gone, "goes", "go"))
    return ", ".join(words) or "the same people speak on"


def _list(names: Sequence[str], one: str, many: str) -> str:
    if len(names) == 1:
        return f"{names[0]} {one}"
    if len(names) > MOST_NAMES:
        return f"{names[0]} and {len(names) - 1} others {many}"
    return f"{' and '.join(names)} {many}"
