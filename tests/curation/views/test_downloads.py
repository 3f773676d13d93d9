"""An export's file, whole and in parts."""

import asyncio
import hashlib
from http import HTTPStatus
from pathlib import Path

import pytest
from django.http import FileResponse
from django.test import AsyncRequestFactory, Client
from django.urls import reverse

from curation.domain.dataset_build import build_dataset
from curation.domain.datasets import request_dataset
from curation.domain.exports import exports_folder, request_export, write_export
from curation.domain.training_records import Recipe
from curation.enums import DatasetState, Role
from curation.models import Character, DatasetVersion, ExportFile
from rickproject.lib.downloads import BYTES_A_PIECE, send_file
from tests.factories import make_approved_dialogues, make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def file() -> ExportFile:
    project = make_approved_dialogues(3)
    target = Character.objects.get(project=project, is_target=True)
    dataset = request_dataset(project, actor=project.created_by, target=target, recipe=Recipe())
    build_dataset(dataset)
    DatasetVersion.objects.update(state=DatasetState.APPROVED)
    dataset.refresh_from_db()
    write_export(request_export(dataset, actor=project.created_by))
    return ExportFile.objects.get(name="train.jsonl")


def test_export_file_is_sent_whole_in_parts_and_refused_behind_its_end(file: ExportFile) -> None:
    project = file.export.dataset.project
    client = Client()
    client.force_login(make_member(project, Role.MANAGER))
    address = reverse("export_file", args=[project.slug, file.export.dataset.number, file.pk])
    content = (exports_folder() / file.stored_path).read_bytes()
    whole = client.get(address)
    assert (whole.status_code, whole["Accept-Ranges"]) == (HTTPStatus.OK, "bytes")
    assert b"".join(whole) == content
    assert whole["ETag"] == f'"{hashlib.sha256(content).hexdigest()}"'
    headers = {"Range": "bytes=10-", "If-Range": whole["ETag"]}
    rest = client.get(address, headers=headers)
    assert (rest.status_code, rest["Content-Length"]) == (206, str(len(content) - 10))
    assert rest["Content-Range"] == f"bytes 10-{len(content) - 1}/{len(content)}"
    assert b"".join(rest) == content[10:]
    other = client.get(address, headers={"Range": "bytes=10-", "If-Range": '"other"'})
    assert (other.status_code, b"".join(other)) == (HTTPStatus.OK, content)
    behind = client.get(address, headers={"Range": f"bytes={len(content)}-"})
    assert (behind.status_code, behind["Content-Range"]) == (416, f"bytes */{len(content)}")


def test_export_start_asks_for_the_format_of_the_pressed_button(file: ExportFile) -> None:
    dataset = file.export.dataset
    client = Client()
    client.force_login(make_member(dataset.project, Role.MANAGER))
    place = [dataset.project.slug, dataset.number]
    client.post(reverse("export_start", args=place), {"format": "csv"})
    refused = client.post(reverse("export_start", args=place), {"format": "exe"}, follow=True)
    assert "There is no such format" in refused.content.decode()
    assert sorted(dataset.exports.values_list("file_format", flat=True)) == ["csv", "openai_chat"]
    for words in ("<h3>CSV</h3>", "Write ShareGPT JSONL", "Write Hugging Face folder"):
        assert words in refused.content.decode()


def test_send_file_reads_a_file_piece_by_piece_for_an_asynchronous_server(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_bytes(b"x" * (2 * BYTES_A_PIECE + 1))
    response = send_file(AsyncRequestFactory().get("/"), path, name="train.jsonl", sha256="a")
    assert isinstance(response, FileResponse)
    assert response.is_async

    async def lengths() -> list[int]:
        return [len(piece) async for piece in response]

    assert asyncio.run(lengths()) == [BYTES_A_PIECE, BYTES_A_PIECE, 1]
    response.close()
