"""For every Celery task: rows on which it has work to do, and the ids it is sent.

``tests/test_tasks_twice.py`` runs each twice and three times at once. A new task needs an entry::

    @entry("curation.export_dataset")
    def waiting_export() -> dict[str, int]: ...
"""

import json
from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from curation.domain import imports
from curation.domain.activity import record_activity
from curation.domain.dataset_build import build_dataset
from curation.domain.datasets import request_dataset
from curation.domain.exports import request_export
from curation.domain.mails import queue_mails
from curation.domain.threads import open_thread
from curation.domain.training_records import Recipe
from curation.enums import DatasetState, MailChoice, Role
from curation.models import (
    Activity,
    Character,
    DatasetVersion,
    Export,
    MailSetting,
    OutgoingMail,
    Script,
    SealedMail,
)
from rickproject.lib.sealed import seal
from tests.factories import (
    DatasetVersionFactory,
    FineTuneJobFactory,
    ModelVersionFactory,
    ProjectFactory,
    SuggestionRequestFactory,
    UserFactory,
    make_agreed_project,
    make_approved_dialogues,
    make_member,
)
from tests.sample_scripts import csv_bytes
from training.domain.api_keys import make_api_key, reserve_tokens
from training.domain.chat import ask, start_conversation
from training.domain.uploads import store_upload
from training.models import (
    Message,
    ModerationRun,
    SuggestionRequest,
    TokenReservation,
    UploadedFile,
)

MakeRows = Callable[[], dict[str, object]]
ENTRIES: dict[str, MakeRows] = {}


def entry(task_name: str) -> Callable[[MakeRows], MakeRows]:
    """Register the rows of one task."""

    def register(make_rows: MakeRows) -> MakeRows:
        ENTRIES[task_name] = make_rows
        return make_rows

    return register


@entry("rickproject.note_heartbeat")
def heartbeat() -> dict[str, object]:
    return {"queue": "default"}


@entry("curation.clear_account_log")
def old_login() -> dict[str, object]:
    user = UserFactory()
    step = record_activity("account.logged_in", project=None, actor=user, target=user)
    long_ago = timezone.now() - timedelta(days=400)
    Activity.objects.filter(pk=step.pk).update(created_at=long_ago)
    return {}


def _waiting_mail() -> SealedMail:
    parts = {"subject": "s", "body": "b", "from_email": None, "to": ["new@example.org"]}
    return SealedMail.objects.create(sealed=seal(json.dumps(parts)), next_try_at=timezone.now())


@entry("curation.send_sealed_mail")
def sealed_mail() -> dict[str, object]:
    return {"mail_id": _waiting_mail().pk}


@entry("curation.sweep_sealed_mail")
def due_mail() -> dict[str, object]:
    _waiting_mail()
    return {}


@entry("curation.check_script")
def uploaded_script() -> dict[str, object]:
    return {"script_id": _received().pk}


@entry("curation.import_script")
def confirmed_script() -> dict[str, object]:
    script = _received()
    imports.check_script(script.pk)
    script.refresh_from_db()
    imports.confirm_import(script, user=script.created_by, in_background=False)
    return {"script_id": script.pk}


@entry("curation.clear_script")
def discarded_script() -> dict[str, object]:
    script = _received()
    imports.discard_script(script, user=script.created_by, in_background=False)
    return {"script_id": script.pk}


@entry("curation.sweep_scripts")
def forgotten_script() -> dict[str, object]:
    _received()
    Script.objects.update(updated_at=timezone.now() - timedelta(hours=1))
    return {}


@entry("curation.build_dataset")
def waiting_dataset() -> dict[str, object]:
    return {"dataset_id": _requested_dataset().pk}


@entry("curation.export_dataset")
def waiting_export() -> dict[str, object]:
    return {"export_id": _requested_export().pk}


@entry("curation.sweep_datasets")
def forgotten_work() -> dict[str, object]:
    _requested_export()
    _requested_dataset()
    long_ago = timezone.now() - timedelta(hours=1)
    Export.objects.update(updated_at=long_ago, created_at=long_ago)
    DatasetVersion.objects.update(updated_at=long_ago, created_at=long_ago)
    return {}


@entry("training.advance_remote_job")
def job_without_a_key() -> dict[str, object]:
    return {"job_id": FineTuneJobFactory(provider="openai").pk}


@entry("training.advance_local_job")
def job_stopped_before_it_began() -> dict[str, object]:
    return {"job_id": FineTuneJobFactory(cancel_requested_at=timezone.now()).pk}


@entry("training.sweep_jobs")
def overdue_job() -> dict[str, object]:
    FineTuneJobFactory(next_poll_at=timezone.now() - timedelta(hours=1))
    return {}


@entry("training.close_abandoned_replies")
def abandoned_reply() -> dict[str, object]:
    model = ModelVersionFactory(context_tokens=1024)
    talk = start_conversation(model.project, user=UserFactory(), model=model, speaker_name="")
    ask(talk, text="Are you there?")
    Message.objects.update(updated_at=timezone.now() - timedelta(hours=1))
    return {}


@entry("training.moderate_dataset")
def question_to_no_moderation() -> dict[str, object]:
    dataset = DatasetVersionFactory()
    run = ModerationRun.objects.create(
        dataset=dataset, provider="gone", model_name="m", created_by=dataset.created_by
    )
    return {"run_id": run.pk}


@entry("training.sweep_moderation")
def overdue_moderation() -> dict[str, object]:
    question_to_no_moderation()
    ModerationRun.objects.update(updated_at=timezone.now() - timedelta(hours=1))
    return {}


@entry("training.give_back_reservations")
def held_tokens() -> dict[str, object]:
    project = ProjectFactory()
    person = make_member(project, Role.TESTER)
    key, _secret = make_api_key(person, name="k", projects=[project])
    reserve_tokens(key, tokens=70)
    TokenReservation.objects.update(created_at=timezone.now() - timedelta(hours=1))
    return {}


@entry("curation.send_notification_mail")
def mail_of_a_mention() -> dict[str, object]:
    _mention()
    queue_mails()
    return {"mail_id": OutgoingMail.objects.get().pk}


@entry("curation.sweep_mails")
def mention_and_digest_due() -> dict[str, object]:
    _mention()
    person = _mention()
    long_ago = timezone.now() - timedelta(days=1)
    MailSetting.objects.filter(user=person).update(
        choice=MailChoice.DIGEST, next_digest_at=long_ago
    )
    return {}


def _mention() -> User:
    project = make_approved_dialogues(1)
    person = make_member(project, Role.ANNOTATOR)
    dialogue = project.dialogues.first()
    assert dialogue
    open_thread(project, on=dialogue, author=project.created_by, text=f"@{person.username}, look.")
    return person


@entry("curation.learn_scenes")
def agreed_episodes() -> dict[str, object]:
    return {"project_id": make_agreed_project(4).pk}


@entry("curation.sweep_learning")
def episodes_to_learn_from() -> dict[str, object]:
    make_agreed_project(3)
    return {}


@entry("training.advance_suggestion")
def question_without_a_server() -> dict[str, object]:
    request = SuggestionRequestFactory()
    request.parts.create(number=1, first=0, last=1, own_first=0, own_last=1)
    return {"request_id": request.pk}


@entry("training.delete_expired_uploads")
def expired_upload() -> dict[str, object]:
    project = ProjectFactory()
    line = b'{"messages":[{"role":"assistant","content":"Boo."}]}'
    kept = {"user": project.created_by, "key": None, "name": "a.jsonl", "seconds": 3600}
    store_upload(project, content=[line], **kept)
    UploadedFile.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    return {}


@entry("training.sweep_suggestions")
def overdue_question() -> dict[str, object]:
    request = SuggestionRequestFactory()
    request.parts.create(number=1, first=0, last=1, own_first=0, own_last=1)
    SuggestionRequest.objects.update(updated_at=timezone.now() - timedelta(hours=1))
    return {}


def _received() -> Script:
    project = ProjectFactory()
    return imports.receive_script(
        project,
        user=project.created_by,
        file_name="moon.csv",
        content=[csv_bytes()],
        in_background=False,
    )


def _requested_dataset() -> DatasetVersion:
    project = make_approved_dialogues(3)
    return request_dataset(
        project,
        actor=project.created_by,
        target=Character.objects.get(project=project, is_target=True),
        recipe=Recipe(),
    )


def _requested_export() -> Export:
    dataset = _requested_dataset()
    if dataset.state == DatasetState.QUEUED:
        build_dataset(dataset)
    DatasetVersion.objects.filter(pk=dataset.pk).update(state=DatasetState.APPROVED)
    dataset.refresh_from_db()
    return request_export(dataset, actor=dataset.created_by)
