import pytest

from curation.domain.script_files import (
    ColumnMappingError,
    guess_mapping,
    recognise_columns,
    validate_mapping,
)

SCHEMA = {
    "index": "index",
    "season no.": "season",
    "episode no.": "episode",
    "episode name": "episode_title",
    "name": "speaker",
    "line": "text",
}


@pytest.mark.parametrize(
    "spelling", [str, str.upper, str.title, "  {}  ".format, lambda name: name.replace(" ", "_")]
)
def test_recognise_columns_knows_the_schema_in_every_spelling(spelling: object) -> None:
    columns = [spelling(name) for name in SCHEMA]  # type: ignore[operator]
    assert recognise_columns(columns) == dict(zip(SCHEMA.values(), columns, strict=True))


def test_recognise_columns_leaves_other_files_to_a_person() -> None:
    assert recognise_columns(["speaker", "text"]) is None
    assert recognise_columns(["name", "line"]) is None


def test_guess_mapping_finds_the_likely_columns() -> None:
    assert guess_mapping(["Character", "Dialogue", "Season", "id"]) == {
        "speaker": "Character",
        "text": "Dialogue",
        "season": "Season",
        "index": "id",
    }


def test_guess_mapping_knows_some_languages() -> None:
    assert guess_mapping(["Nr", "Folge", "Szene", "Figur", "Replik"]) == {
        "index": "Nr",
        "episode": "Folge",
        "scene": "Szene",
        "speaker": "Figur",
        "text": "Replik",
    }
    assert guess_mapping(["Personnage", "Réplique"]) == {
        "speaker": "Personnage",
        "text": "Réplique",
    }


@pytest.mark.parametrize(
    ("mapping", "sentence"),
    [
        ({"text": "b"}, "Choose the column for who speaks"),
        ({"speaker": "a", "text": ""}, "Choose the column for the line"),
        ({"speaker": "a", "text": "z"}, "no column 'z'"),
        ({"speaker": "a", "text": "a"}, "chosen twice"),
        ({"speaker": "a", "text": "b", "mood": "c"}, "no field 'mood'"),
        ({"speaker": "a", "text": "b", "season": "c"}, "column of the episode number too"),
    ],
)
def test_validate_mapping_refuses_what_makes_no_script(
    mapping: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ColumnMappingError, match=sentence):
        validate_mapping(["a", "b", "c"], mapping)


def test_validate_mapping_drops_empty_choices() -> None:
    chosen = validate_mapping(["a", "b"], {"speaker": "a", "text": "b", "season": ""})
    assert chosen == {"speaker": "a", "text": "b"}
