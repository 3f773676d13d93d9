"""Small script files of ours, in the rickandmorty schema and others."""

from collections.abc import Sequence

HEADER = "index,season no.,episode no.,episode name,name,line"
ROWS = (
    '0,1,1,The Moon,PIP,"Who moved the moon?"',
    "1,1,1,The Moon,VEX,You said to put it somewhere safe.",
    '4,1,1,The Moon,VEX,"[sighs] It’s in the fridge, ""behind"" the milk."',
    "5,1,1,The Moon,MARLOW,(a long silence)",
    "6,1,2,The Fridge,vex ,The fridge is not safe.",
)


def csv_bytes(rows: Sequence[str] = ROWS, *, header: str = HEADER) -> bytes:
    """Return a file of these lines as UTF-8."""
    return "\n".join((header, *rows, "")).encode()


def many_rows(count: int, *, per_episode: int = 400) -> bytes:
    """Return ``count`` rows of four speakers, with a hole before every tenth."""
    names = ("VEX", "PIP", "MARLOW", "ODA")
    rows = []
    for at in range(count):
        index = at + at // 10
        episode = at // per_episode + 1
        rows.append(f"{index},1,{episode},Part {episode},{names[at * at % 4]},This is line {at}.")
    return csv_bytes(rows)
