"""What differs between two dataset versions of a project, record by record, and why."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.core.paginator import Page, Paginator

from curation.enums import DatasetState
from curation.models import DatasetRecord, DatasetVersion, Dialogue
from rickproject.lib.word_diff import compare_words

CHANGES_A_PAGE = 25
BUILT = (DatasetState.WAITING, DatasetState.APPROVED, DatasetState.RETURNED)


class ChangeKind(StrEnum):
    """What happened to a record from one version to another."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


Key = tuple[int, int]  # a dialogue, and which of its records in a version, counted from 0


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """What a version holds of one record."""

    record: int
    sha256: str
    revision: int
    split: str


@dataclass(slots=True)
class RecordChange:
    """One record that differs; a record that changed and moved to the other split is changed.

    Attributes:
        why: a sentence, without the dialogue.
        words: the record's text, word by word, as :func:`compare_words` says it; filled for the
            page that is shown.
        where: the dialogue's episode; filled for the page that is shown.
    """

    kind: ChangeKind
    dialogue_id: int
    why: str
    old: RecordFacts | None
    new: RecordFacts | None
    words: list[tuple[str, str]]
    where: str = ""


@dataclass(frozen=True)
class DatasetChanges:
    """A version against an earlier one.

    Attributes:
        settings: name, old and new value of what was chosen otherwise for the build.
        counts: records of each kind, all kinds named.
        same: records with the same bytes on the same side.
    """

    old: DatasetVersion
    settings: list[tuple[str, str, str]]
    counts: dict[str, int]
    same: int
    page: Page[RecordChange]


def earlier_versions(dataset: DatasetVersion) -> list[DatasetVersion]:
    """Return the built versions before this one, the newest first."""
    rows = DatasetVersion.objects.filter(
        project=dataset.project_id, number__lt=dataset.number
    ).select_related("target_character")
    return list(rows.filter(state__in=BUILT).order_by("-number"))


def compare_versions(
    old: DatasetVersion, new: DatasetVersion, *, page: str | None = None
) -> DatasetChanges:
    """Compare two built versions and return one page of what differs, in the order of the files.

    Args:
        page: as the address says it; nonsense gives the first page.
    """
    settings = _changed_settings(old, new)
    before, after = _facts(old), _facts(new)
    changes = [
        change
        for key in [*after, *(key for key in before if key not in after)]
        if (change := _change(key, before.get(key), after.get(key), settings))
    ]
    counts = {kind.value: sum(change.kind == kind for change in changes) for kind in ChangeKind}
    shown = Paginator(changes, CHANGES_A_PAGE).get_page(page)
    _fill(list(shown))
    same = len(before.keys() | after.keys()) - len(changes)
    return DatasetChanges(old, settings, counts, same, shown)


def _facts(dataset: DatasetVersion) -> dict[Key, RecordFacts]:
    rows = dataset.records.order_by("split", "position").values_list(
        "dialogue_id", "pk", "sha256", "dialogue_revision", "split"
    )
    found: dict[Key, RecordFacts] = {}
    seen: Counter[int] = Counter()
    for dialogue, record, sha256, revision, split in rows.iterator():
        found[dialogue, seen[dialogue]] = RecordFacts(record, sha256, revision, split)
        seen[dialogue] += 1
    return found


def _changed_settings(old: DatasetVersion, new: DatasetVersion) -> list[tuple[str, str, str]]:
    before, after = _settings(old), _settings(new)
    return [
        (name.replace("_", " "), before.get(name, ""), after.get(name, ""))
        for name in dict.fromkeys([*after, *before])
        if before.get(name) != after.get(name)
    ]


def _settings(dataset: DatasetVersion) -> dict[str, str]:
    return {
        "character": dataset.target_character.name,
        **{name: _in_words(value) for name, value in dataset.recipe.items()},
        "split_by": dataset.split_by,
        "validation_share": f"{dataset.validation_share:.0%}",
        "seed": str(dataset.seed),
    }


JOINS_IN_WORDS = {"\n": "a new line", " ": "a space", "\n\n": "an empty line"}


def _in_words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value in JOINS_IN_WORDS:
        return JOINS_IN_WORDS[str(value)]
    return str(value)


def _change(
    key: Key,
    old: RecordFacts | None,
    new: RecordFacts | None,
    settings: list[tuple[str, str, str]],
) -> RecordChange | None:
    dialogue, number = key
    if old is None:
        why = "Its dialogue was not approved when the older version was built."
        if number:
            why = "The older version has fewer records of its dialogue."
        return RecordChange(ChangeKind.ADDED, dialogue, why, old, new, [])
    if new is None:
        why = "Its dialogue was not approved any more when the newer version was built."
        if number:
            why = "The newer version has fewer records of its dialogue."
        return RecordChange(ChangeKind.REMOVED, dialogue, why, old, new, [])
    if old.sha256 != new.sha256:
        why = _why_changed(old, new, settings)
        return RecordChange(ChangeKind.CHANGED, dialogue, why, old, new, [])
    if old.split != new.split:
        why = f"The same record, moved from {old.split} to {new.split} by the split."
        return RecordChange(ChangeKind.MOVED, dialogue, why, old, new, [])
    return None


def _why_changed(old: RecordFacts, new: RecordFacts, settings: list[tuple[str, str, str]]) -> str:
    reasons = []
    if old.revision != new.revision:
        reasons.append(f"The dialogue went from revision {old.revision} to {new.revision}.")
    not_of_records = {"split by", "validation share", "seed", "max tokens", "tokenizer"}
    if any(name not in not_of_records for name, _, _ in settings):
        reasons.append("The recipe is another.")
    if not reasons:
        reasons.append("The scene’s note, the script’s title or a speaker’s name changed.")
    if old.split != new.split:
        reasons.append(f"It moved from {old.split} to {new.split}.")
    return " ".join(reasons)


def _fill(changes: Iterable[RecordChange]) -> None:
    wanted = {facts.record for change in changes for facts in (change.old, change.new) if facts}
    texts = {
        pk: _text(bytes(line))
        for pk, line in DatasetRecord.objects.filter(pk__in=wanted).values_list("pk", "line")
    }
    dialogues = Dialogue.objects.select_related("scene__utterance__episode").in_bulk(
        [change.dialogue_id for change in changes]
    )
    for change in changes:
        old = texts[change.old.record] if change.old else ""
        new = texts[change.new.record] if change.new else ""
        change.words = compare_words(old, new)
        change.where = dialogues[change.dialogue_id].scene.utterance.episode.code


def _text(line: bytes) -> str:
    return "\n".join(
        f"{message['role']}: {message['content']}" for message in json.loads(line)["messages"]
    )
