"""The fine-tuned models of an account, told from the others by their names."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

# OpenAI: ft:gpt-4o-mini-…:org:suffix:id; Azure: gpt-4o-mini-….ft-…
OWN = re.compile(r"ft:|.+\.ft-")


@dataclass(frozen=True)
class FineTune:
    """One of them.

    Attributes:
        base: the model it was made of, as its name tells.
        closing_on: the last day on which it answers, where the server says so.
    """

    id: str
    base: str
    closing_on: date | None


def fine_tunes_among(rows: Iterable[Any]) -> list[FineTune]:
    """Return the fine-tuned ones of a list of models, as the SDK reads it."""
    return [_fine_tune(row) for row in rows if OWN.match(str(row.id))]


def _fine_tune(row: Any) -> FineTune:
    name = str(row.id)
    base = name.removeprefix("ft:").split(":")[0].split(".ft-")[0]
    try:
        closing = date.fromisoformat(str(row.shutdown_date))
    except ValueError:  # None, or another way to write a day
        closing = None
    return FineTune(name, base, closing)
