"""Addresses of curation."""

from django.urls import URLPattern, URLResolver, path

from curation.views import (
    activity,
    adjudication,
    agreement,
    assignments,
    builder_edits,
    characters,
    cutting,
    datasets,
    dialogue_builder,
    dialogues,
    episodes,
    guidelines,
    keys,
    layer_history,
    line_threads,
    members,
    notes,
    notifications,
    progress,
    projects,
    reader,
    reader_live,
    review_rules,
    review_undo,
    reviews,
    scripts,
    search,
    threads,
    undo,
    work,
)

project_urls: list[URLPattern | URLResolver] = [
    path("", projects.home, name="home"),
    path("keys/", keys.key_settings, name="keys"),
    path("projects/new/", projects.project_create, name="project_create"),
    path("p/<slug:slug>/", projects.overview, name="project"),
    path("p/<slug:slug>/undo/", undo.undo, name="undo"),
    path("p/<slug:slug>/search/", search.search, name="search"),
    path("p/<slug:slug>/progress/", progress.progress, name="progress"),
    path("p/<slug:slug>/progress/csv/", progress.progress_csv, name="progress_csv"),
    path("p/<slug:slug>/progress/goal/", progress.progress_goal, name="progress_goal"),
    path("p/<slug:slug>/guidelines/", guidelines.guidelines, name="guidelines"),
    path("p/<slug:slug>/guidelines/panel/", guidelines.guidelines_panel, name="guidelines_panel"),
    path("p/<slug:slug>/guidelines/edit/", guidelines.guidelines_edit, name="guidelines_edit"),
    path(
        "p/<slug:slug>/guidelines/compare/",
        guidelines.guidelines_compare,
        name="guidelines_compare",
    ),
    path("p/<slug:slug>/guidelines/read/", guidelines.guidelines_read, name="guidelines_read"),
    path(
        "p/<slug:slug>/guidelines/<int:number>/restore/",
        guidelines.guidelines_restore,
        name="guidelines_restore",
    ),
    path("p/<slug:slug>/work/", work.work, name="work"),
    path("p/<slug:slug>/work/next/", work.work_next, name="work_next"),
    path("p/<slug:slug>/assignments/", assignments.assignments, name="assignments"),
    path(
        "p/<slug:slug>/assignments/share/",
        assignments.assignments_share,
        name="assignments_share",
    ),
    path(
        "p/<slug:slug>/assignments/<int:pk>/release/",
        assignments.assignment_release,
        name="assignment_release",
    ),
    path("p/<slug:slug>/members/", members.members, name="members"),
    path("p/<slug:slug>/members/invite/", members.member_invite, name="member_invite"),
    path(
        "p/<slug:slug>/members/invitations/<int:pk>/revoke/",
        members.invitation_revoke,
        name="invitation_revoke",
    ),
    path("p/<slug:slug>/members/<int:pk>/remove/", members.member_remove, name="member_remove"),
]

notification_urls: list[URLPattern | URLResolver] = [
    path("notifications/", notifications.notifications, name="notifications"),
    path("notifications/<int:pk>/", notifications.notification, name="notification"),
    path("notifications/read/", notifications.notifications_read, name="notifications_read"),
    path(
        "notifications/settings/",
        notifications.notification_settings,
        name="notification_settings",
    ),
    path("mail/off/<str:token>/", notifications.mail_off, name="mail_off"),
]

script_urls: list[URLPattern | URLResolver] = [
    path("p/<slug:slug>/script/", scripts.scripts, name="scripts"),
    path("p/<slug:slug>/script/upload/", scripts.script_upload, name="script_upload"),
    path("p/<slug:slug>/script/<int:pk>/", scripts.script, name="script"),
    path("p/<slug:slug>/script/<int:pk>/columns/", scripts.script_mapping, name="script_mapping"),
    path(
        "p/<slug:slug>/script/<int:pk>/progress/", scripts.script_progress, name="script_progress"
    ),
    path("p/<slug:slug>/script/<int:pk>/repair/", scripts.script_repair, name="script_repair"),
    path(
        "p/<slug:slug>/script/<int:pk>/episodes/<int:episode>/",
        scripts.script_text,
        name="script_text",
    ),
    path("p/<slug:slug>/script/<int:pk>/import/", scripts.script_confirm, name="script_confirm"),
    path("p/<slug:slug>/script/<int:pk>/discard/", scripts.script_discard, name="script_discard"),
    path(
        "p/<slug:slug>/script/<int:pk>/characters/members/",
        characters.character_members,
        name="character_members",
    ),
    path(
        "p/<slug:slug>/script/<int:pk>/characters/undo/<int:step>/",
        characters.character_undo,
        name="character_undo",
    ),
    path(
        "p/<slug:slug>/script/<int:pk>/aliases/", characters.character_alias, name="character_alias"
    ),
    path(
        "p/<slug:slug>/script/<int:pk>/targets/<int:character>/",
        characters.character_target,
        name="character_target",
    ),
]

scene_urls: list[URLPattern | URLResolver] = [
    path("p/<slug:slug>/scenes/", episodes.episodes, name="episodes"),
    path("p/<slug:slug>/scenes/cutting/", cutting.cutting, name="cutting"),
    path("p/<slug:slug>/scenes/agreement/", agreement.project_agreement, name="agreement"),
    path(
        "p/<slug:slug>/scenes/<int:pk>/agreement/",
        agreement.episode_agreement,
        name="episode_agreement",
    ),
    path(
        "p/<slug:slug>/scenes/<int:pk>/adjudication/",
        adjudication.adjudication,
        name="adjudication",
    ),
    path(
        "p/<slug:slug>/scenes/<int:pk>/adjudication/decide/",
        adjudication.adjudication_decide,
        name="adjudication_decide",
    ),
    path(
        "p/<slug:slug>/scenes/<int:pk>/adjudication/save/",
        adjudication.adjudication_save,
        name="adjudication_save",
    ),
    path(
        "p/<slug:slug>/scenes/<int:pk>/adjudication/undo/",
        adjudication.adjudication_undo,
        name="adjudication_undo",
    ),
    path("p/<slug:slug>/scenes/<int:pk>/", reader.reader, name="reader"),
    path(
        "p/<slug:slug>/scenes/<int:pk>/history/", layer_history.layer_history, name="layer_history"
    ),
    path("p/<slug:slug>/scenes/<int:pk>/edits/", reader.reader_edits, name="reader_edits"),
    path("p/<slug:slug>/scenes/<int:pk>/keep/", work.work_keep, name="work_keep"),
    path("p/<slug:slug>/scenes/<int:pk>/place/", work.work_end, name="work_end"),
    path("p/<slug:slug>/scenes/<int:pk>/live/", reader_live.reader_live, name="reader_live"),
    path("p/<slug:slug>/scenes/<int:pk>/suggest/", reader.reader_suggest, name="reader_suggest"),
    path("p/<slug:slug>/scenes/<int:pk>/submit/", reader.reader_submit, name="reader_submit"),
    path("p/<slug:slug>/scenes/<int:pk>/reopen/", reader.reader_reopen, name="reader_reopen"),
    path(
        "p/<slug:slug>/scenes/<int:pk>/notes/<int:position>/", notes.scene_note, name="scene_note"
    ),
    path(
        "p/<slug:slug>/scenes/<int:pk>/notes/<int:position>/restore/",
        notes.scene_note_restore,
        name="scene_note_restore",
    ),
]

dialogue_urls: list[URLPattern | URLResolver] = [
    path("p/<slug:slug>/dialogues/", dialogues.dialogues, name="dialogues"),
    path("p/<slug:slug>/dialogues/submit/", dialogues.dialogues_submit, name="dialogues_submit"),
    path("p/<slug:slug>/dialogues/propose/", dialogues.dialogues_propose, name="dialogues_propose"),
    path("p/<slug:slug>/dialogues/<int:pk>/", dialogue_builder.dialogue, name="dialogue"),
    path(
        "p/<slug:slug>/dialogues/<int:pk>/change/",
        dialogue_builder.dialogue_change,
        name="dialogue_change",
    ),
    path(
        "p/<slug:slug>/dialogues/<int:pk>/edits/",
        builder_edits.dialogue_edits,
        name="dialogue_edits",
    ),
    path("p/<slug:slug>/dialogues/<int:pk>/comments/", threads.comments, name="comments"),
    path("p/<slug:slug>/comments/", threads.threads, name="threads"),
    path("p/<slug:slug>/comments/<int:pk>/", threads.thread, name="thread"),
    path(
        "p/<slug:slug>/scenes/<int:pk>/lines/<int:position>/comments/",
        line_threads.line_comments,
        name="line_comments",
    ),
    path("p/<slug:slug>/comments/<int:pk>/answer/", threads.thread_answer, name="thread_answer"),
    path("p/<slug:slug>/comments/<int:pk>/resolve/", threads.thread_resolve, name="thread_resolve"),
    path("p/<slug:slug>/comments/<int:pk>/reopen/", threads.thread_reopen, name="thread_reopen"),
    path(
        "p/<slug:slug>/dialogues/<int:pk>/history/",
        dialogues.dialogue_history,
        name="dialogue_history",
    ),
    path(
        "p/<slug:slug>/scenes/<int:episode>/dialogues/<int:scene>/",
        dialogue_builder.scene_dialogues,
        name="scene_dialogues",
    ),
    path(
        "p/<slug:slug>/scenes/<int:episode>/dialogues/<int:scene>/create/",
        dialogue_builder.dialogue_create,
        name="dialogue_create",
    ),
    path(
        "p/<slug:slug>/scenes/<int:episode>/dialogues/<int:scene>/accept/",
        dialogue_builder.scene_accept,
        name="scene_accept",
    ),
    path(
        "p/<slug:slug>/scenes/<int:episode>/dialogues/<int:scene>/preview/",
        dialogue_builder.dialogue_preview,
        name="dialogue_preview",
    ),
    path("p/<slug:slug>/review/", reviews.review, name="review"),
    path("p/<slug:slug>/review/rules/", review_rules.review_rules, name="review_rules"),
    path("p/<slug:slug>/review/<int:pk>/undo/", review_undo.review_undo, name="review_undo"),
    path("p/<slug:slug>/review/<int:pk>/redo/", review_undo.review_redo, name="review_redo"),
    path("p/<slug:slug>/review/<int:pk>/", reviews.review_decide, name="review_decide"),
    path("p/<slug:slug>/activity/", activity.activity, name="activity"),
]

dataset_urls: list[URLPattern | URLResolver] = [
    path("p/<slug:slug>/datasets/", datasets.datasets, name="datasets"),
    path("p/<slug:slug>/datasets/build/", datasets.dataset_build, name="dataset_build"),
    path("p/<slug:slug>/datasets/build/preview/", datasets.recipe_preview, name="recipe_preview"),
    path("p/<slug:slug>/datasets/<int:number>/", datasets.dataset, name="dataset"),
    path(
        "p/<slug:slug>/datasets/<int:number>/progress/",
        datasets.dataset_progress,
        name="dataset_progress",
    ),
    path(
        "p/<slug:slug>/datasets/<int:number>/changes/",
        datasets.dataset_changes,
        name="dataset_changes",
    ),
    path(
        "p/<slug:slug>/datasets/<int:number>/findings/<int:pk>/accept/",
        datasets.finding_accept,
        name="finding_accept",
    ),
    path("p/<slug:slug>/datasets/<int:number>/export/", datasets.export_start, name="export_start"),
    path(
        "p/<slug:slug>/datasets/<int:number>/files/<int:pk>/",
        datasets.export_file,
        name="export_file",
    ),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *project_urls,
    *notification_urls,
    *script_urls,
    *scene_urls,
    *dialogue_urls,
    *dataset_urls,
]
