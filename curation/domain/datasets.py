"""Dataset versions: asked for, decided on, never changed once built."""

from dataclasses import replace

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Max, Q
from django.utils import timezone

from curation.domain.activity import record_activity
from curation.domain.notifications import notify
from curation.domain.training_records import Recipe
from curation.enums import DatasetState, DialogueState, NotificationKind, Role, Severity, SplitBy
from curation.errors import CurationError
from curation.models import Character, DatasetVersion, Dialogue, Membership, Project
from rickproject.lib.queue import enqueue_on_commit
from rickproject.lib.text import text_problem
from rickproject.lib.tokens import kept_tokenizer

NUMBERING_ATTEMPTS = 5
MAXIMUM_VALIDATION_SHARE = 0.5


class DatasetError(CurationError):
    """A dataset cannot be built, decided on or exported like this."""

    code = "dataset"


def request_dataset(
    project: Project,
    *,
    actor: User,
    target: Character,
    recipe: Recipe,
    seed: int = 1,
    split_by: SplitBy = SplitBy.SCENE,
    validation_share: float = 0.1,
    client_key: str | None = None,
    in_background: bool = True,
) -> DatasetVersion:
    """Write a new version's row and ask a worker to build it.

    Args:
        validation_share: part of the records kept for validation, 0 to 0.5.
        client_key: the same key of the same person gives the first answer again.
        in_background: False where the caller runs ``build_dataset`` itself.

    Raises:
        DatasetError: no dialogue of the character is approved, or the share is out of range.
    """
    if not 0 <= validation_share <= MAXIMUM_VALIDATION_SHARE:
        msg = "The share for validation lies between 0 and 50 %."
        raise DatasetError(msg)
    if target.project_id != project.pk or not target.is_target:
        msg = f"{target.name} is no target character of {project.name}."
        raise DatasetError(msg)
    approved = Dialogue.objects.filter(target_character=target, state=DialogueState.APPROVED)
    if not approved.exists():
        msg = f"No dialogue of {target.name} is approved yet; approve some in Review first."
        raise DatasetError(msg)
    # A version counts with the tokenizer of today, also after a training has made another.
    recipe = replace(recipe, tokenizer=kept_tokenizer(recipe.tokenizer))
    values = {
        "target_character": target,
        "recipe": recipe.as_json(),
        "seed": seed,
        "split_by": split_by,
        "validation_share": validation_share,
        "tokenizer": recipe.tokenizer,
        "created_by": actor,
        "client_key": client_key,
    }
    for _ in range(NUMBERING_ATTEMPTS):
        if client_key and (found := _found_by_key(actor, client_key)):
            return found
        try:
            return _create_version(project, actor, values, in_background=in_background)
        except IntegrityError:
            continue  # somebody else took the number at the same moment
    msg = "Too many versions are being made at once; try again."
    raise DatasetError(msg)


def _found_by_key(actor: User, client_key: str) -> DatasetVersion | None:
    return DatasetVersion.objects.filter(created_by=actor, client_key=client_key).first()


@transaction.atomic
def _create_version(
    project: Project, actor: User, values: dict[str, object], *, in_background: bool
) -> DatasetVersion:
    last = DatasetVersion.objects.filter(project=project).aggregate(Max("number"))["number__max"]
    dataset = DatasetVersion.objects.create(project=project, number=(last or 0) + 1, **values)
    record_activity("dataset.requested", project=project, actor=actor, target=dataset)
    if in_background:
        enqueue_on_commit("curation.build_dataset", dataset_id=dataset.pk)
    return dataset


@transaction.atomic
def approve_dataset(dataset: DatasetVersion, *, approver: User, reason: str = "") -> DatasetVersion:
    """Approve a built version, so that it can be exported and trained on.

    Raises:
        DatasetError: it is not waiting, it has errors, the approver built it or may not decide,
            or the reason holds control characters.
    """
    decided = _decide(dataset, approver, DatasetState.APPROVED, reason)
    errors = dataset.findings.filter(severity=Severity.ERROR).count()  # final once it waits
    if errors:
        msg = f"It has {errors} errors; fix their dialogues and build a new version."
        raise DatasetError(msg)
    return decided


@transaction.atomic
def return_dataset(dataset: DatasetVersion, *, approver: User, reason: str) -> DatasetVersion:
    """Return a built version with a reason; it stays as it is and cannot be trained on.

    Raises:
        DatasetError: there is no reason, it is not waiting, or the approver may not decide.
    """
    if not reason.strip():
        msg = "Say why it is returned, so that the next version can be better."
        raise DatasetError(msg)
    return _decide(dataset, approver, DatasetState.RETURNED, reason)


def _decide(
    dataset: DatasetVersion, approver: User, state: DatasetState, reason: str
) -> DatasetVersion:
    if dataset.created_by_id == approver.pk:
        msg = "Nobody decides on a dataset of their own; ask a second person."
        raise DatasetError(msg)
    if not (approver.is_staff and approver.has_perm("curation.decide_dataset")):
        msg = f"{approver.username} may not decide on datasets; that is for admins."
        raise DatasetError(msg)
    if problem := text_problem(reason):
        raise DatasetError(problem)
    changed = DatasetVersion.objects.filter(pk=dataset.pk, state=DatasetState.WAITING).update(
        state=state,
        decided_by=approver,
        decided_at=timezone.now(),
        decision_reason=reason.strip(),
        updated_at=timezone.now(),
    )
    dataset.refresh_from_db()
    if not changed:
        msg = (
            f"Dataset {dataset.number} is {dataset.get_state_display()}, not waiting for approval."
        )
        raise DatasetError(msg)
    record_activity(
        f"dataset.{state.value}",
        project=dataset.project,
        actor=approver,
        target=dataset,
        reason=reason.strip(),
    )
    held = Membership.objects.filter(project=dataset.project, role=Role.MANAGER)
    approved = state == DatasetState.APPROVED
    notify(
        User.objects.filter(Q(pk=dataset.created_by_id) | Q(pk__in=held.values("user"))),
        kind=NotificationKind.DATASET_APPROVED if approved else NotificationKind.DATASET_RETURNED,
        project=dataset.project,
        actor=approver,
        on=dataset,
        words=reason.strip(),
    )
    return dataset
