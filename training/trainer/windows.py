"""Cut a script into the short exchanges a script base is trained on."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from training.trainer.records import Message, ScriptLine
from training.trainer.spec import BaseSpec

SHORTEST, LONGEST = 3, 5
SPEAKERS_PER_WINDOW = 2


def script_windows(
    lines: Sequence[ScriptLine], *, base: BaseSpec, seed: int, epoch: int
) -> list[tuple[Message, ...]]:
    """Return one epoch of exchanges, each seen from one speaker's side.

    Every segment is tiled with windows of three to five lines that start somewhere else in each
    epoch. Up to two speakers of a window are in turn the assistant, the last ones first, since a
    reply is what the model has to learn. The character that the adapter will play never is: what
    it says is read as others hear it, so that the adapter has something to add.

    Args:
        lines: of all segments, in order.
        base: its templates word the system message and the speaker prefix.
        seed, epoch: choose the cuts; the same pair gives the same windows everywhere.
    """
    chance = random.Random(f"{seed}:{epoch}")  # noqa: S311  (cuts, not secrets)
    examples = []
    for _segment, group in groupby(lines, key=lambda line: line.segment):
        for window in _tiles(list(group), chance):
            examples += [
                view(window, assistant=speaker, base=base)
                for speaker in _assistants(window, never=base.played_by_adapter)
            ]
    if not examples and base.played_by_adapter:  # nobody else speaks here
        everybody = replace(base, played_by_adapter="")
        return script_windows(lines, base=everybody, seed=seed, epoch=epoch)
    return examples


def _tiles(lines: Sequence[ScriptLine], chance: random.Random) -> Iterator[Sequence[ScriptLine]]:
    start = -chance.randrange(LONGEST)
    while start < len(lines):
        stop = start + chance.randint(SHORTEST, LONGEST)
        window = lines[max(start, 0) : max(stop, 0)]
        if len(window) > 1:
            yield window
        start = stop


def _assistants(window: Sequence[ScriptLine], *, never: str) -> list[str]:
    newest_first = dict.fromkeys(line.speaker for line in reversed(window))
    return [speaker for speaker in newest_first if speaker != never][:SPEAKERS_PER_WINDOW]


def view(window: Sequence[ScriptLine], *, assistant: str, base: BaseSpec) -> tuple[Message, ...]:
    """Word a window as a chat in which ``assistant`` answers the others.

    Neighbouring lines of one side become one message, joined by a line break.
    """
    messages = []
    if system := base.system_message(assistant):
        messages.append(Message("system", system, trained=False))
    for own, group in groupby(window, key=lambda line: line.speaker == assistant):
        if own:
            text = base.joins_with.join(line.text for line in group)
            messages.append(Message("assistant", text))
        else:
            text = base.joins_with.join(base.spoken_as(line.speaker, line.text) for line in group)
            messages.append(Message("user", text, trained=False))
    return tuple(messages)
