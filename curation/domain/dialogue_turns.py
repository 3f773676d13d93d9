"""Join the lines of a scene into turns, as dialogue proposals see them.

Plain values in, plain values out. Sources are in ``docs/sources.md``, "dialogue proposals".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

TOKENS_PER_MESSAGE = 3
FULL_VALUE_TOKENS = 25
SPEECH = "speech"

_DIRECTION = re.compile(r"\[[^\]]*\]|\([^)]*\)|\*[^*]*\*")
_JOINT = re.compile(r"\s*(?:&|\+|/|,|\band\b|(?=#))\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ScriptLine:
    """One utterance of a scene.

    Attributes:
        speaker: normalised by the caller as far as aliases go; case does not count.
        text: as in the script; only asked whether anything is left to say.
        missing_before: source rows known to be absent right before it, 0 or more.
        tokens: of the text as it will be trained, without name and message overhead.
        kind: anything but "speech" is never said by anybody.
    """

    speaker: str
    text: str
    missing_before: int = 0
    tokens: int = 0
    kind: str = SPEECH


@dataclass(frozen=True, slots=True)
class ProposalSettings:
    """The rules of one run.

    Attributes:
        targets: speaker labels of the target character, aliases included.
        budget: most tokens of one dialogue.
        cost: price of one dialogue; less means more and shorter ones.
        min_context: turns that must come before the first target turn.
        max_gap: most source rows that may be missing inside a dialogue.
        merge_gap: most missing rows across which one speaker's lines stay one turn.
        max_turns: most turns of one dialogue.
        remove_directions: do not count bracketed directions as something said.
        joint_is_target: whether a line of several people at once may be the target's.
    """

    targets: frozenset[str]
    budget: int = 512
    cost: float = 0.6
    min_context: int = 1
    max_gap: int = 3
    merge_gap: int = 1
    max_turns: int = 40
    remove_directions: bool = True
    joint_is_target: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """Consecutive lines of one speaker; ``lines`` are indices into the scene."""

    speaker: str
    lines: tuple[int, ...]
    gap: int
    tokens: int
    is_target: bool
    start_probability: float

    @property
    def value(self) -> float:
        """Worth of teaching this turn: short ones teach little."""
        return min(1.0, 0.4 + 0.6 * min(self.tokens, FULL_VALUE_TOKENS) / FULL_VALUE_TOKENS)


def spoken_text(text: str) -> str:
    """Remove bracketed directions and fold blanks; empty where nothing is said."""
    return fold_blanks(_DIRECTION.sub(" ", text))


def fold_blanks(text: str) -> str:
    """Replace every run of white space by one blank."""
    return " ".join(text.split())


def build_turns(
    lines: Sequence[ScriptLine],
    *,
    settings: ProposalSettings,
    start_probabilities: Sequence[float] = (),
    first: int = 0,
    last: int | None = None,
) -> list[Turn]:
    """Join the lines ``first`` to ``last`` (inclusive) into turns.

    A line without a letter or digit has no text: it belongs to no turn, and the holes before it
    count for the next line. A line joins the turn before it if the speaker is the same and at
    most ``merge_gap`` rows are missing between.
    """
    chances = list(start_probabilities) or [0.0] * len(lines)
    for opening in range(len(lines)):
        if _is_said(lines[opening], settings=settings):
            chances[opening] = 1.0
            break
    turns: list[Turn] = []
    group: list[int] = []
    gap = hole = 0
    end = len(lines) if last is None else last + 1

    def close() -> None:
        if group:
            turns.append(
                _turn(
                    lines,
                    group,
                    gap=gap,
                    settings=settings,
                    start_probability=chances[group[0]],
                )
            )

    for index in range(first, end):
        line = lines[index]
        hole += line.missing_before
        if not _is_said(line, settings=settings):
            continue
        same = bool(group) and _label(lines[group[-1]].speaker) == _label(line.speaker)
        if same and hole <= settings.merge_gap:
            group.append(index)
        else:
            close()
            group, gap = [index], hole if group else 0
        hole = 0
    close()
    return turns


def _turn(
    lines: Sequence[ScriptLine],
    group: Sequence[int],
    *,
    gap: int,
    settings: ProposalSettings,
    start_probability: float,
) -> Turn:
    speaker = lines[group[0]].speaker
    return Turn(
        speaker=speaker,
        lines=tuple(group),
        gap=gap,
        tokens=sum(lines[index].tokens for index in group) + TOKENS_PER_MESSAGE,
        is_target=_is_target(speaker, settings=settings),
        start_probability=start_probability,
    )


def _is_said(line: ScriptLine, *, settings: ProposalSettings) -> bool:
    if line.kind != SPEECH:
        return False
    text = spoken_text(line.text) if settings.remove_directions else line.text
    return any(sign.isalnum() for sign in text)


def _is_target(speaker: str, *, settings: ProposalSettings) -> bool:
    targets = {_label(target) for target in settings.targets}
    if _label(speaker) in targets:
        return True
    return settings.joint_is_target and any(
        _label(part) in targets for part in _JOINT.split(speaker) if part
    )


def _label(speaker: str) -> str:
    return fold_blanks(speaker).casefold()
