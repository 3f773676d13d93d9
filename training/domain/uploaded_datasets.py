"""Dataset versions made of uploaded files: trained on, marked as such, approved by nobody."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Max

from curation.domain.activity import record_activity
from curation.domain.datasets import DatasetError
from curation.domain.training_records import Recipe
from curation.enums import DatasetState, Split
from curation.models import DatasetVersion, Project, Utterance
from curation.queries.dataset_facts import file_facts
from rickproject.lib.files import write_whole
from rickproject.lib.jsonl import encode_line
from rickproject.lib.tokens import ESTIMATE
from training.domain.job_limits import JobError
from training.domain.uploads import read_upload, upload_path
from training.models import UploadedFile, UploadedSplit

NUMBERING_ATTEMPTS = 5
FEWEST_RECORDS = 10  # as OpenAI has it
SHORTEST_HELD_OUT = 12  # characters; shorter lines are everybody's
CHUNK_BYTES = 1024 * 1024


class TooFewRecordsError(JobError):
    """A training file is too small to learn from."""

    code = "invalid_n_examples"


def dataset_of_uploads(
    project: Project, *, actor: User, train: UploadedFile, validation: UploadedFile | None
) -> DatasetVersion:
    """Return the version that these files make; the same files give the same version.

    Raises:
        TooFewRecordsError: there are fewer than ten records to train on.
        JobError: the project has no target character yet.
    """
    if train.record_count < FEWEST_RECORDS:
        raise TooFewRecordsError(
            f"Training file has {train.record_count} example(s), but must have at least "
            f"{FEWEST_RECORDS} examples."
        )
    files = {Split.TRAIN: train} | ({Split.VALIDATION: validation} if validation else {})
    manifest = encode_line(_manifest(files))
    digest = hashlib.sha256(manifest).hexdigest()
    for _ in range(NUMBERING_ATTEMPTS):
        rows = DatasetVersion.objects.filter(project=project, state=DatasetState.UPLOADED)
        if found := rows.filter(sha256=digest).first():
            return found
        try:
            return _create(project, actor, files, manifest.decode(), digest)
        except IntegrityError:
            continue  # somebody else took the number at the same moment
    raise JobError("Too many versions are being made at once; try again.")


def _manifest(files: dict[Split, UploadedFile]) -> dict[str, object]:
    return {
        "format": "uploaded-1",
        "files": {
            split.value: {
                "name": files[split].name,
                "upload": files[split].uuid.hex,
                "records": files[split].record_count,
                "bytes": files[split].byte_size,
                "sha256": files[split].sha256,
            }
            for split in Split
            if split in files
        },
    }


@transaction.atomic
def _create(
    project: Project, actor: User, files: dict[Split, UploadedFile], manifest: str, digest: str
) -> DatasetVersion:
    target = project.characters.filter(is_target=True).order_by("pk").first()
    if target is None:
        raise JobError("This project has no target character yet; import a script and choose one.")
    last = DatasetVersion.objects.filter(project=project).aggregate(Max("number"))["number__max"]
    train, held = files[Split.TRAIN], files.get(Split.VALIDATION)
    held_count = held.record_count if held else 0
    dataset = DatasetVersion.objects.create(
        project=project,
        number=(last or 0) + 1,
        target_character=target,
        state=DatasetState.UPLOADED,
        recipe=Recipe().as_json(),
        seed=0,
        validation_share=held_count / (train.record_count + held_count),
        train_count=train.record_count,
        validation_count=held_count,
        train_token_count=train.token_count,
        validation_token_count=held.token_count if held else 0,
        tokenizer=ESTIMATE,
        manifest=manifest,
        sha256=digest,
        created_by=actor,
    )
    UploadedSplit.objects.bulk_create(
        UploadedSplit(dataset=dataset, split=split, file=file) for split, file in files.items()
    )
    record_activity("dataset.uploaded", project=project, actor=actor, target=dataset)
    return dataset


def uploaded_bytes(dataset: DatasetVersion, split: Split) -> bytes:
    """Return the records of one split; empty where nothing was uploaded for it.

    Raises:
        DatasetError: the file is gone, or not the one that was uploaded.
    """
    return b"".join(_checked_bytes(dataset, split))


def write_uploaded_files(dataset: DatasetVersion, folder: Path) -> None:
    """Write ``train.jsonl``, ``validation.jsonl`` and ``manifest.json`` as the trainer reads them.

    Raises:
        DatasetError: a file is gone, or not the one that was uploaded.
    """
    for split in Split:
        write_whole(folder / f"{split.value}.jsonl", _checked_bytes(dataset, split))
    write_whole(folder / "manifest.json", [dataset.manifest.encode()])


def _checked_bytes(dataset: DatasetVersion, split: Split) -> Iterator[bytes]:
    row = UploadedSplit.objects.filter(dataset=dataset, split=split).select_related("file").first()
    if row is None:
        return
    expected = file_facts(dataset)[split]["sha256"]
    digest = hashlib.sha256()
    try:
        with upload_path(row.file).open("rb") as handle:
            while chunk := handle.read(CHUNK_BYTES):
                digest.update(chunk)
                yield chunk
    except FileNotFoundError as error:
        raise DatasetError(f"The uploaded file {row.file.name} was deleted.") from error
    if digest.hexdigest() != expected:
        raise DatasetError(f"The uploaded file {row.file.name} was changed on the disk.")


def utterances_like_uploads(dataset: DatasetVersion) -> set[int]:
    """Return the script's lines whose words an uploaded validation file holds.

    A small base model is made from the script; it must not read what it is judged by.
    """
    row = UploadedSplit.objects.filter(dataset=dataset, split=Split.VALIDATION).first()
    if row is None or not upload_path(row.file).exists():
        return set()
    held_out = "\n".join(
        turn.content for record in read_upload(row.file) for turn in record.messages
    )
    lines = Utterance.objects.filter(episode__script__project_id=dataset.project_id)
    return {
        pk
        for pk, text in lines.values_list("pk", "text").iterator(2000)
        if len(text) >= SHORTEST_HELD_OUT and text in held_out
    }
