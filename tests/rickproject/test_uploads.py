import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory

from rickproject.config import get_config
from rickproject.uploads import FORM_BYTES, MEGABYTE, too_large


@pytest.fixture(autouse=True)
def one_megabyte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(get_config(), "upload_limit_mb", 1)


@pytest.mark.parametrize(("size", "kept"), [(MEGABYTE, True), (2 * MEGABYTE, False)])
def test_upload_over_the_limit_is_dropped_while_it_arrives(size: int, kept: bool) -> None:
    file = SimpleUploadedFile("a.csv", bytes(size))
    request = RequestFactory().post("/", {"title": "Moon", "file": file})
    assert ("file" in request.FILES) is kept
    assert request.POST["title"] == "Moon"
    request.close()


def test_too_large_leaves_room_for_the_form() -> None:
    assert not too_large(MEGABYTE + FORM_BYTES)
    assert too_large(MEGABYTE + FORM_BYTES + 1)
