"""The documentation's pictures are of pages that exist, light enough, and each is shown."""

import pytest
from django.urls import resolve

from tests.docs.test_reference import ROOT, pages
from tests.pictures import FOLDER, MOST_BYTES, PICTURES, Picture

NAMES = ("first", "begun", "last", "dialogue", "dataset", "job", "talk")
PLACES = {"slug": "some", **{name: at for at, name in enumerate(NAMES, start=1)}}


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_picture_is_of_a_page_that_exists(picture: Picture) -> None:
    assert resolve(picture.path.format(**PLACES)).url_name
    assert (FOLDER / f"{picture.name}.png").stat().st_size <= MOST_BYTES


def test_pictures_are_all_shown_somewhere() -> None:
    texts = " ".join(page.read_text(encoding="utf-8") for page in pages())
    files = [path.relative_to(ROOT / "docs").as_posix() for path in FOLDER.glob("*.png")]
    assert [name for name in sorted(files) if name not in texts] == []
