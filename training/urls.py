"""Addresses of training."""

from django.urls import URLPattern, URLResolver, path

from training.api import chat as api_chat
from training.api import doors as api_doors
from training.api import files as api_files
from training.api import jobs as api_jobs
from training.api import models as api_models
from training.views import (
    api_keys,
    chat,
    chat_stream,
    comparison,
    job_pauses,
    jobs,
    model_files,
    models,
    moderation,
    openings,
    prices,
    suggesters,
    suggestions,
    sweeps,
    webhooks,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/models", api_models.models, name="v1_models"),
    path("v1/models/<path:name>", api_models.model, name="v1_model"),
    path("v1/chat/completions", api_chat.chat_completions, name="v1_chat_completions"),
    path("v1/files", api_files.files, name="v1_files"),
    path("v1/files/<str:name>", api_files.file, name="v1_file"),
    path("v1/files/<str:name>/content", api_files.content, name="v1_file_content"),
    path("v1/fine_tuning/jobs", api_jobs.jobs, name="v1_jobs"),
    path("v1/fine_tuning/jobs/<str:name>", api_jobs.job, name="v1_job"),
    path("v1/fine_tuning/jobs/<str:name>/events", api_jobs.events, name="v1_job_events"),
    path(
        "v1/fine_tuning/jobs/<str:name>/checkpoints",
        api_jobs.checkpoints,
        name="v1_job_checkpoints",
    ),
    path("v1/fine_tuning/jobs/<str:name>/cancel", api_jobs.cancel, name="v1_job_cancel"),
    path("v1/fine_tuning/jobs/<str:name>/pause", api_jobs.pause, name="v1_job_pause"),
    path("v1/fine_tuning/jobs/<str:name>/resume", api_jobs.resume, name="v1_job_resume"),
    path("v1/<path:rest>", api_doors.unknown, name="v1_unknown"),
    path("webhooks/<slug:key>/", webhooks.webhook, name="provider_webhook"),
    path("accounts/api-keys/", api_keys.api_keys, name="api_keys"),
    path("accounts/api-keys/<int:pk>/revoke/", api_keys.api_key_revoke, name="api_key_revoke"),
    path("p/<slug:slug>/training/", jobs.jobs, name="jobs"),
    path("p/<slug:slug>/training/cost/", prices.record_cost, name="record_cost"),
    path(
        "p/<slug:slug>/datasets/<int:number>/moderation/", moderation.moderation, name="moderation"
    ),
    path(
        "p/<slug:slug>/datasets/<int:number>/moderation/status/",
        moderation.moderation_status,
        name="moderation_status",
    ),
    path("p/<slug:slug>/training/compare/", comparison.job_compare, name="job_compare"),
    path("p/<slug:slug>/training/sweeps/<int:pk>/", sweeps.sweep, name="sweep"),
    path(
        "p/<slug:slug>/training/sweeps/<int:pk>/confirm/",
        sweeps.sweep_confirm,
        name="sweep_confirm",
    ),
    path(
        "p/<slug:slug>/training/sweeps/<int:pk>/cancel/", sweeps.sweep_cancel, name="sweep_cancel"
    ),
    path("p/<slug:slug>/training/models/", models.models, name="models"),
    path("p/<slug:slug>/training/models/<int:pk>/", models.model, name="model"),
    path(
        "p/<slug:slug>/training/models/<int:pk>/change/", models.model_change, name="model_change"
    ),
    path("p/<slug:slug>/training/start/", jobs.job_start, name="job_start"),
    path("p/<slug:slug>/training/<int:pk>/", jobs.job, name="job"),
    path("p/<slug:slug>/training/<int:pk>/status/", jobs.job_status, name="job_status"),
    path(
        "p/<slug:slug>/training/<int:pk>/download/", model_files.job_download, name="job_download"
    ),
    path("p/<slug:slug>/training/<int:pk>/points/", jobs.job_points, name="job_points"),
    path("p/<slug:slug>/training/<int:pk>/confirm/", job_pauses.job_confirm, name="job_confirm"),
    path("p/<slug:slug>/training/<int:pk>/cancel/", jobs.job_cancel, name="job_cancel"),
    path("p/<slug:slug>/training/<int:pk>/pause/", job_pauses.job_pause, name="job_pause"),
    path("p/<slug:slug>/training/<int:pk>/resume/", job_pauses.job_resume, name="job_resume"),
    path(
        "p/<slug:slug>/training/<int:pk>/checkpoints/<int:step>/offer/",
        models.checkpoint_offer,
        name="checkpoint_offer",
    ),
    path("p/<slug:slug>/training/<int:pk>/retry/", jobs.job_retry, name="job_retry"),
    path("p/<slug:slug>/scenes/suggesters/", suggesters.suggesters, name="suggesters"),
    path("p/<slug:slug>/scenes/<int:pk>/suggestions/", suggestions.suggestions, name="suggestions"),
    path(
        "p/<slug:slug>/scenes/<int:pk>/suggestions/status/",
        suggestions.suggestions_status,
        name="suggestions_status",
    ),
    path(
        "p/<slug:slug>/scenes/<int:pk>/suggestions/ask/",
        suggestions.suggestions_ask,
        name="suggestions_ask",
    ),
    path(
        "p/<slug:slug>/scenes/<int:pk>/suggestions/drafts/",
        suggestions.note_drafts_decide,
        name="note_drafts_decide",
    ),
    path(
        "p/<slug:slug>/scenes/<int:pk>/suggestions/<int:request_id>/again/",
        suggestions.suggestion_again,
        name="suggestion_again",
    ),
    path(
        "p/<slug:slug>/scenes/<int:pk>/suggestions/<int:request_id>/stop/",
        suggestions.suggestion_stop,
        name="suggestion_stop",
    ),
    path("p/<slug:slug>/chat/", chat.chat, name="chat"),
    path("p/<slug:slug>/chat/start/", chat.conversation_start, name="conversation_start"),
    path("p/<slug:slug>/chat/openings/", openings.openings, name="openings"),
    path("p/<slug:slug>/chat/openings/start/", openings.opening_start, name="opening_start"),
    path("p/<slug:slug>/chat/<int:pk>/peek/", openings.opening_peek, name="opening_peek"),
    path("p/<slug:slug>/chat/<int:pk>/", chat.conversation, name="conversation"),
    path(
        "p/<slug:slug>/chat/<int:pk>/settings/",
        chat.conversation_settings,
        name="conversation_settings",
    ),
    path(
        "p/<slug:slug>/chat/<int:pk>/rename/", chat.conversation_rename, name="conversation_rename"
    ),
    path(
        "p/<slug:slug>/chat/<int:pk>/delete/", chat.conversation_delete, name="conversation_delete"
    ),
    path(
        "p/<slug:slug>/chat/<int:pk>/export/", chat.conversation_export, name="conversation_export"
    ),
    path(
        "p/<slug:slug>/chat/<int:pk>/version/",
        chat.conversation_version,
        name="conversation_version",
    ),
    path("p/<slug:slug>/chat/<int:pk>/reply/", chat_stream.message_stream, name="message_stream"),
]
