"""Who may reach which address: the document of authorisation, checked by test_access_table.py.

A route that is missing here fails the suite. ``roles`` says which members may; strangers always
get 404, people who are not logged in are sent to log in.
"""

from dataclasses import dataclass

from curation.access import ANNOTATING, MANAGING, REVIEWING, TALKING, WATCHING
from curation.enums import Role

PUBLIC = "everybody"
SIGNED_IN = "everybody who is logged in"
CREATORS = "staff, and who manages a project"
NOBODY = "nobody where no issuer is set up"
SECOND_STEP = "who has a second step at login"
LOGIN = "the person who is logged in there"
OWNER = "the person whose it is"
TOLD = "the annotator who is told"
KEY = "who has a key of the OpenAI protocol; a login opens nothing"


@dataclass(frozen=True)
class Route:
    """What a route answers to and who may.

    Attributes:
        who: roles of members, or one of the words above.
        method: the one that is tried.
        names: of the world's objects that fill the address, in order; see test_access_table.py.
    """

    who: frozenset[Role] | str
    method: str = "GET"
    names: tuple[str, ...] = ("slug",)


def get(who: frozenset[Role] | str, *names: str) -> Route:
    """Describe a page."""
    return Route(who, "GET", names)


def with_key(method: str, *names: str) -> Route:
    """Describe an address of the OpenAI protocol."""
    return Route(KEY, method, names)


def post(who: frozenset[Role] | str, *names: str) -> Route:
    """Describe something that changes data."""
    return Route(who, "POST", names)


ROUTES: dict[str, Route] = {
    "healthz": get(PUBLIC),
    "readyz": get(PUBLIC),
    "account_login": get(PUBLIC),
    "account_logout": post(PUBLIC),
    "account_inactive": get(PUBLIC),
    "account_signup": get(PUBLIC),
    "account_reset_password": get(PUBLIC),
    "account_reset_password_done": get(PUBLIC),
    "account_reset_password_from_key_done": get(PUBLIC),
    "account_reset_password_from_key": get(PUBLIC, "uid", "token"),
    "account_email_verification_sent": get(PUBLIC),
    "account_confirm_email": get(PUBLIC, "token"),
    "mfa_authenticate": get(PUBLIC),
    "openid_connect_login": get(NOBODY, "token"),
    "openid_connect_callback": get(NOBODY, "token"),
    "socialaccount_login_cancelled": get(PUBLIC),
    "socialaccount_connections": get(NOBODY),
    "join": get(PUBLIC),
    "join_link": get(PUBLIC, "token"),
    "account": get(SIGNED_IN),
    "sessions": get(SIGNED_IN),
    "sessions_end": post(SIGNED_IN),
    "session_end": post(LOGIN, "login"),
    "account_email": get(SIGNED_IN),
    "account_change_password": get(SIGNED_IN),
    "account_set_password": get(SIGNED_IN),
    "account_reauthenticate": get(SIGNED_IN),
    "mfa_index": get(PUBLIC),
    "mfa_reauthenticate": get(SIGNED_IN),
    "mfa_activate_totp": get(SIGNED_IN),
    "mfa_deactivate_totp": get(SECOND_STEP),
    "mfa_view_recovery_codes": get(SECOND_STEP),
    "mfa_generate_recovery_codes": get(SIGNED_IN),
    "mfa_download_recovery_codes": get(SECOND_STEP),
    "theme": post(PUBLIC),
    "health": get(SIGNED_IN),
    "home": get(SIGNED_IN),
    "notifications": get(SIGNED_IN),
    "notification": get(TOLD, "notification"),
    "notifications_read": post(SIGNED_IN),
    "notification_settings": get(SIGNED_IN),
    "mail_off": get(PUBLIC, "mail_token"),
    "project_create": get(CREATORS),
    "project": get(WATCHING, "slug"),
    "record_cost": get(ANNOTATING, "slug"),
    "search": get(ANNOTATING, "slug"),
    "progress": get(ANNOTATING, "slug"),
    "progress_csv": get(ANNOTATING, "slug"),
    "progress_goal": post(MANAGING, "slug"),
    "keys": get(SIGNED_IN),
    "undo": post(ANNOTATING, "slug"),
    "guidelines": get(ANNOTATING, "slug"),
    "guidelines_panel": get(ANNOTATING, "slug"),
    "guidelines_edit": get(MANAGING, "slug"),
    "guidelines_compare": get(ANNOTATING, "slug"),
    "guidelines_read": post(ANNOTATING, "slug"),
    "guidelines_restore": post(MANAGING, "slug", "one"),
    "comments": get(ANNOTATING, "slug", "dialogue"),
    "threads": get(ANNOTATING, "slug"),
    "thread": get(ANNOTATING, "slug", "thread"),
    "line_comments": get(ANNOTATING, "slug", "episode", "zero"),
    "thread_answer": post(ANNOTATING, "slug", "thread"),
    "thread_resolve": post(ANNOTATING, "slug", "thread"),
    "thread_reopen": post(ANNOTATING, "slug", "thread"),
    "work": get(ANNOTATING, "slug"),
    "work_next": post(ANNOTATING, "slug"),
    "work_keep": post(ANNOTATING, "slug", "episode"),
    "work_end": post(ANNOTATING, "slug", "episode"),
    "assignments": get(MANAGING, "slug"),
    "assignments_share": post(MANAGING, "slug"),
    "assignment_release": post(MANAGING, "slug", "assignment"),
    "members": get(MANAGING, "slug"),
    "member_invite": post(MANAGING, "slug"),
    "invitation_revoke": post(MANAGING, "slug", "invitation"),
    "member_remove": post(MANAGING, "slug", "member"),
    "scripts": get(ANNOTATING, "slug"),
    "script_upload": post(MANAGING, "slug"),
    "script": get(ANNOTATING, "slug", "script"),
    "script_mapping": get(MANAGING, "slug", "script"),
    "script_progress": get(ANNOTATING, "slug", "script"),
    "script_repair": post(MANAGING, "slug", "script"),
    "script_text": get(ANNOTATING, "slug", "script", "episode"),
    "script_confirm": post(MANAGING, "slug", "script"),
    "script_discard": post(MANAGING, "slug", "script"),
    "character_alias": post(MANAGING, "slug", "script"),
    "character_members": post(MANAGING, "slug", "script"),
    "character_undo": post(MANAGING, "slug", "script", "activity"),
    "character_target": post(MANAGING, "slug", "script", "character"),
    "episodes": get(ANNOTATING, "slug"),
    "cutting": get(MANAGING, "slug"),
    "agreement": get(ANNOTATING, "slug"),
    "episode_agreement": get(ANNOTATING, "slug", "episode"),
    "adjudication": get(REVIEWING, "slug", "episode"),
    "adjudication_decide": post(REVIEWING, "slug", "episode"),
    "adjudication_save": post(REVIEWING, "slug", "episode"),
    "adjudication_undo": post(REVIEWING, "slug", "episode"),
    "reader": get(ANNOTATING, "slug", "episode"),
    "layer_history": get(ANNOTATING, "slug", "episode"),
    "reader_edits": post(ANNOTATING, "slug", "episode"),
    "reader_live": get(ANNOTATING, "slug", "episode"),
    "reader_suggest": post(ANNOTATING, "slug", "episode"),
    "suggesters": get(ANNOTATING, "slug"),
    "suggestions": get(ANNOTATING, "slug", "episode"),
    "suggestions_status": get(ANNOTATING, "slug", "episode"),
    "suggestions_ask": post(ANNOTATING, "slug", "episode"),
    "note_drafts_decide": post(ANNOTATING, "slug", "episode"),
    "suggestion_again": post(ANNOTATING, "slug", "episode", "suggestion"),
    "suggestion_stop": post(ANNOTATING, "slug", "episode", "suggestion"),
    "reader_submit": post(ANNOTATING, "slug", "episode"),
    "reader_reopen": post(ANNOTATING, "slug", "episode"),
    "scene_note": get(ANNOTATING, "slug", "episode", "zero"),
    "scene_note_restore": post(ANNOTATING, "slug", "episode", "zero"),
    "dialogues": get(ANNOTATING, "slug"),
    "dialogues_submit": post(ANNOTATING, "slug"),
    "dialogues_propose": get(ANNOTATING, "slug"),
    "dialogue": get(ANNOTATING, "slug", "dialogue"),
    "dialogue_change": post(ANNOTATING, "slug", "dialogue"),
    "dialogue_edits": post(ANNOTATING, "slug", "dialogue"),
    "dialogue_history": get(ANNOTATING, "slug", "dialogue"),
    "scene_dialogues": get(ANNOTATING, "slug", "episode", "scene"),
    "dialogue_create": post(ANNOTATING, "slug", "episode", "scene"),
    "scene_accept": post(ANNOTATING, "slug", "episode", "scene"),
    "dialogue_preview": post(ANNOTATING, "slug", "episode", "scene"),
    "review": get(REVIEWING, "slug"),
    "review_rules": get(MANAGING, "slug"),
    "review_undo": post(REVIEWING, "slug", "dialogue"),
    "review_redo": post(REVIEWING, "slug", "dialogue"),
    "review_decide": post(REVIEWING, "slug", "dialogue"),
    "activity": get(ANNOTATING, "slug"),
    "datasets": get(REVIEWING, "slug"),
    "dataset_build": get(MANAGING, "slug"),
    "recipe_preview": post(MANAGING, "slug"),
    "dataset": get(REVIEWING, "slug", "dataset"),
    "dataset_progress": get(REVIEWING, "slug", "dataset"),
    "dataset_changes": get(REVIEWING, "slug", "dataset"),
    "finding_accept": post(REVIEWING, "slug", "dataset", "one"),
    "export_start": post(MANAGING, "slug", "dataset"),
    "export_file": get(MANAGING, "slug", "dataset", "file"),
    "v1_models": with_key("GET"),
    "v1_model": with_key("GET", "token"),
    "v1_chat_completions": with_key("POST"),
    "v1_files": with_key("POST"),
    "v1_file": with_key("DELETE", "token"),
    "v1_file_content": with_key("GET", "token"),
    "v1_jobs": with_key("POST"),
    "v1_job": with_key("GET", "token"),
    "v1_job_events": with_key("GET", "token"),
    "v1_job_checkpoints": with_key("GET", "token"),
    "v1_job_cancel": with_key("POST", "token"),
    "v1_job_pause": with_key("POST", "token"),
    "v1_job_resume": with_key("POST", "token"),
    "provider_webhook": with_key("POST", "token"),  # of a signature
    "v1_unknown": with_key("GET", "token"),
    "api_keys": get(SIGNED_IN),
    "api_key_revoke": post(OWNER, "api_key"),
    "jobs": get(WATCHING, "slug"),
    "job_compare": get(WATCHING, "slug"),
    "sweep": get(WATCHING, "slug", "sweep"),
    "sweep_confirm": post(MANAGING, "slug", "sweep"),
    "sweep_cancel": post(MANAGING, "slug", "sweep"),
    "models": get(WATCHING, "slug"),
    "model": get(WATCHING, "slug", "model"),
    "model_change": post(MANAGING, "slug", "model"),
    "moderation": get(MANAGING, "slug", "dataset"),
    "moderation_status": get(MANAGING, "slug", "dataset"),
    "job_start": get(MANAGING, "slug"),
    "job": get(WATCHING, "slug", "job"),
    "job_status": get(WATCHING, "slug", "job"),
    "job_points": get(WATCHING, "slug", "job"),
    "job_download": get(MANAGING, "slug", "job"),
    "job_confirm": post(MANAGING, "slug", "job"),
    "job_cancel": post(MANAGING, "slug", "job"),
    "job_pause": post(MANAGING, "slug", "job"),
    "job_resume": post(MANAGING, "slug", "job"),
    "checkpoint_offer": post(MANAGING, "slug", "job", "one"),
    "job_retry": post(MANAGING, "slug", "job"),
    "chat": get(TALKING, "slug"),
    "openings": get(TALKING, "slug"),
    "opening_start": post(TALKING, "slug"),
    "opening_peek": post(OWNER, "slug", "conversation"),
    "conversation_start": post(TALKING, "slug"),
    "conversation": get(OWNER, "slug", "conversation"),
    "conversation_settings": post(OWNER, "slug", "conversation"),
    "conversation_export": get(OWNER, "slug", "conversation"),
    "conversation_version": post(OWNER, "slug", "conversation"),
    "conversation_rename": post(OWNER, "slug", "conversation"),
    "conversation_delete": post(OWNER, "slug", "conversation"),
    "message_stream": post(OWNER, "slug", "conversation"),
}
