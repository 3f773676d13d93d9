"""A file arrives."""

from collections.abc import Iterable, Mapping
from pathlib import PurePath

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from curation.domain.activity import record_activity
from curation.domain.script_files import BadFileError, recognise_format
from curation.enums import ScriptState
from curation.models import Project, Script
from rickproject.config import get_config
from rickproject.lib.queue import enqueue_on_commit
from rickproject.lib.text import text_problem

from .errors import DuplicateScriptError, ImportStateError
from .stored_files import store_upload, upload_path

TITLE_CHARACTERS = 200
FILE_NAME_CHARACTERS = 255


def receive_script(
    project: Project,
    *,
    user: User,
    file_name: str,
    content: Iterable[bytes],
    title: str = "",
    client_key: str = "",
    mapping: Mapping[str, str] | None = None,
    repairs_text: bool = False,
    replaces: Script | None = None,
    in_background: bool = True,
) -> Script:
    """Store a file under a name of ours and have it checked.

    Args:
        content: the file's bytes in pieces; read once, never held whole.
        title: made of the file's name if empty.
        client_key: a person's upload repeated with the same key gives the first answer again.
        mapping: field of ours -> column, where it is known already.
        repairs_text: whether mojibake is repaired, where that is known already.
        replaces: the imported script that this file corrects; its columns are taken over.
        in_background: False where the caller runs ``check_script`` itself.

    Raises:
        FileTooLargeError: it is over the limit.
        BadFileError: it is empty, not what its name says, or has a name that cannot be kept.
        ImportStateError: the script to be corrected is not imported, or was corrected before.
        DuplicateScriptError: the project has this very file.
            After any of these nothing stays behind.
    """
    file_name = PurePath(file_name.replace("\\", "/")).name[-FILE_NAME_CHARACTERS:]
    if problem := text_problem(f"{file_name}{title}"):
        raise BadFileError("bad_name", problem)
    if replaces is not None:
        _demand_current(replaces, project)
        title, mapping = title.strip() or replaces.title, mapping or replaces.column_mapping
    stored_path, sha256, byte_size = store_upload(
        project.pk, content, limit_megabytes=get_config().upload_limit_mb
    )
    script = Script(
        project=project,
        title=title.strip()[:TITLE_CHARACTERS] or title_of(file_name),
        file_name=file_name,
        stored_path=stored_path,
        byte_size=byte_size,
        sha256=sha256,
        column_mapping=dict(mapping or {}),
        repairs_text=repairs_text,
        created_by=user,
        replaces=replaces,
        revision=replaces.revision + 1 if replaces else 1,
        client_key=client_key,
    )
    return _keep(script, in_background=in_background)


def _demand_current(replaces: Script, project: Project) -> None:
    if replaces.project_id != project.pk or replaces.state != ScriptState.IMPORTED:
        msg = (
            f"“{replaces.title}” cannot be corrected: it is {replaces.get_state_display()}. "
            "Correct the newest revision."
        )
        raise ImportStateError(msg)


def _keep(script: Script, *, in_background: bool) -> Script:
    """Add the row of a stored file, or remove the file again; a repeated request gets the first."""
    path = upload_path(script.stored_path)
    try:
        script.file_format = recognise_format(path, script.file_name)
        _add(script, in_background=in_background)
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, DuplicateScriptError) and _is_repeated(error.existing, script):
            return error.existing
        raise
    return script


def _is_repeated(existing: Script, script: Script) -> bool:
    same_key = existing.client_key == script.client_key != ""
    return same_key and existing.created_by_id == script.created_by_id


def title_of(file_name: str) -> str:
    """Return a file's name as a title: no ending, blanks for underscores, a capital first."""
    words = PurePath(file_name).stem.replace("_", " ").strip()
    return (words[:1].upper() + words[1:])[:TITLE_CHARACTERS] or "Script"


def _add(script: Script, *, in_background: bool) -> None:
    same = Script.objects.filter(project=script.project, sha256=script.sha256)
    same = same.exclude(state=ScriptState.FAILED)
    if existing := same.first():
        raise DuplicateScriptError(existing)
    try:
        with transaction.atomic():
            script.save(force_insert=True)
            record_activity(
                "script.uploaded",
                project=script.project,
                actor=script.created_by,
                target=script,
                file_name=script.file_name,
                byte_size=script.byte_size,
            )
            if in_background:
                enqueue_on_commit("curation.check_script", script_id=script.pk)
    except IntegrityError as error:
        if existing := same.first():
            raise DuplicateScriptError(existing) from error
        raise
