"""Dialogues that say the same."""

from collections import defaultdict
from collections.abc import Sequence

from django.db.models import Q

from curation.models import Character, Dialogue, DialogueUtterance

MOST_CANDIDATES = 20


def same_words(
    texts: Sequence[str], target: Character, *, besides: Dialogue | None = None
) -> list[int]:
    """Return live dialogues of a character whose kept lines are these, case and blanks aside.

    Looks among at most 20 dialogues that hold the last line word for word.
    """
    if not texts:
        return []
    last = Q(training_text=texts[-1]) | Q(training_text=None, utterance__text=texts[-1])
    rows = DialogueUtterance.objects.filter(
        last, target_character=target, is_live=True, is_dropped=False
    )
    if besides is not None:
        rows = rows.exclude(dialogue=besides)
    candidates = set(rows.values_list("dialogue", flat=True).order_by("pk")[:MOST_CANDIDATES])
    if not candidates:
        return []
    found: dict[int, list[str]] = defaultdict(list)
    kept = DialogueUtterance.objects.filter(dialogue__in=candidates, is_dropped=False)
    for dialogue, own, text in kept.order_by("utterance__position").values_list(
        "dialogue", "training_text", "utterance__text"
    ):
        found[dialogue].append(_folded(text if own is None else own))
    wanted = [_folded(text) for text in texts]
    return sorted(pk for pk, lines in found.items() if lines == wanted)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
