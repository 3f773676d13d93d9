"""Text that was once read in the wrong encoding ("Itâ€™s"), found and repaired by ftfy."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

KEPT_SAMPLES = 8
SAMPLE_CHARACTERS = 160
LONGEST_CELL = 20_000  # no line is longer, and the search takes its time


class GarbledCell(NamedTuple):
    """A cell as it is in the file and as it would be repaired, both cut short."""

    row_number: int
    before: str
    after: str


class Mender:
    """Looks at every cell; changes it only where it was told to.

    ``total`` counts the cells that look garbled, ``samples`` holds the first of them.
    """

    def __init__(self, *, repairs: bool) -> None:
        self.repairs = repairs
        self.total = 0
        self.samples: list[GarbledCell] = []

    def mend(self, row_number: int, cells: Sequence[str]) -> Sequence[str]:
        """Return a row, repaired if that was chosen; numbers and plain ASCII cost nothing."""
        if all(map(str.isascii, cells)):
            return cells
        mended = [
            cell if cell.isascii() or len(cell) > LONGEST_CELL else repaired(cell) for cell in cells
        ]
        for before, after in zip(cells, mended, strict=True):
            if before != after:
                self.total += 1
                if len(self.samples) < KEPT_SAMPLES:
                    self.samples.append(GarbledCell(row_number, *_cut(before, after)))
        return mended if self.repairs else cells


@lru_cache(maxsize=4_096)
def repaired(text: str) -> str:
    """Return a text with mojibake undone, and nothing else changed.

    Source: ftfy's ``fix_encoding``, https://ftfy.readthedocs.io.
    """
    import ftfy  # noqa: PLC0415  # only where a text is not plain ASCII

    return ftfy.fix_encoding(text)


def _cut(before: str, after: str) -> tuple[str, str]:
    """Return both texts from shortly before their first difference."""
    pairs = enumerate(zip(before, after, strict=False))
    first = next((at for at, (a, b) in pairs if a != b), 0)
    start = max(0, first - 40)
    lead = "…" if start else ""
    return lead + before[start : start + SAMPLE_CHARACTERS], (
        lead + after[start : start + SAMPLE_CHARACTERS]
    )
