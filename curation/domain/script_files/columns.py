"""Which column holds what."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from .errors import ColumnMappingError

FIELDS = {
    "speaker": "who speaks",
    "text": "the line",
    "season": "season number",
    "episode": "episode number",
    "episode_title": "episode name",
    "index": "running number of the row",
    "scene": "scene or its heading (a new value starts a scene)",
}
REQUIRED_FIELDS = ("speaker", "text")

# The headings of the rickandmorty schema, as `heading` writes them.
SCHEMA = {
    "index": "index",
    "season no": "season",
    "episode no": "episode",
    "episode name": "episode_title",
    "name": "speaker",
    "line": "text",
}
SCHEMA_NEEDS = frozenset({"season", "episode", "speaker", "text"})
# English first, then German, French and Spanish.
LIKELY = {
    "speaker": (
        *("name", "speaker", "character", "char", "who", "person", "role"),
        *("sprecher", "sprecherin", "figur", "rolle", "personnage", "rôle", "personaje", "papel"),
    ),
    "text": (
        *("line", "text", "dialogue", "utterance", "quote", "speech", "content", "words"),
        *("zeile", "dialog", "replik", "rede", "texte", "réplique", "texto", "diálogo", "frase"),
    ),
    "season": (
        *("season no", "season", "season number", "series"),
        *("staffel", "staffel nr", "saison", "temporada"),
    ),
    "episode": (
        *("episode no", "episode", "episode number", "ep"),
        *("folge", "folge nr", "épisode", "episodio"),
    ),
    "episode_title": (
        *("episode name", "episode title", "title"),
        *("folgentitel", "titel", "titre", "título"),
    ),
    "index": ("index", "line no", "line number", "row", "id", "nr", "zeilennummer", "numéro"),
    "scene": (
        *("scene", "scene no", "scene number", "scene heading", "scene title", "scene name"),
        *("szene", "szene nr", "scène", "escena"),
    ),
}


def heading(name: str) -> str:
    """Return a column's name folded: letters and digits, one blank between, no case."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\W_]+", " ", folded).strip()


def recognise_columns(columns: Sequence[str]) -> dict[str, str] | None:
    """Return the mapping of a file in the rickandmorty schema, None for any other.

    Blanks, dots and case of the headings do not matter; ``index`` and ``episode name`` may lack,
    a column of scenes is used, further columns are left aside.
    """
    found = {SCHEMA[head]: name for name in columns if (head := heading(name)) in SCHEMA}
    if not found.keys() >= SCHEMA_NEEDS:
        return None
    scene = guess_mapping(columns).get("scene")
    return found | {"scene": scene} if scene else found


def guess_mapping(columns: Sequence[str]) -> dict[str, str]:
    """Return what the columns most likely hold, for a person to confirm."""
    by_heading = {heading(name): name for name in reversed(columns)}
    guesses = {}
    for field, names in LIKELY.items():
        if match := next((by_heading[name] for name in names if name in by_heading), None):
            guesses[field] = match
    return guesses


def validate_mapping(columns: Sequence[str], mapping: Mapping[str, str]) -> dict[str, str]:
    """Return the mapping without its empty choices.

    Raises:
        ColumnMappingError: a needed field lacks, a column does not exist or is used twice.
    """
    chosen = {field: mapping[field] for field in FIELDS if mapping.get(field)}
    if unknown := mapping.keys() - FIELDS.keys():
        msg = f"There is no field {min(unknown)!r}. Fields: {', '.join(FIELDS)}."
        raise ColumnMappingError(msg)
    for field in REQUIRED_FIELDS:
        if field not in chosen:
            msg = f"Choose the column for {FIELDS[field]} ({field})."
            raise ColumnMappingError(msg)
    for field, column in chosen.items():
        if column not in columns:
            msg = f"The file has no column {column!r} for {FIELDS[field]} ({field})."
            raise ColumnMappingError(msg)
    twice = sorted({name for name in chosen.values() if list(chosen.values()).count(name) > 1})
    if twice:
        msg = f"The column {twice[0]!r} is chosen twice; choose a column for each field."
        raise ColumnMappingError(msg)
    if "season" in chosen and "episode" not in chosen:
        msg = "Choose the column of the episode number too, or leave out the season."
        raise ColumnMappingError(msg)
    return chosen
