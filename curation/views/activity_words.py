"""Steps of work in words."""

from dataclasses import dataclass

from django.urls import reverse

from curation.models import Activity, Project

KINDS = (
    ("script", "scripts"),
    ("scenes", "scenes"),
    ("note", "notes"),
    ("dialogue", "dialogues"),
    ("work", "work"),
    ("thread", "comments"),
    ("dataset", "datasets"),
    ("export", "exports"),
    ("job", "training"),
    ("model", "models"),
)
WORDS = {
    "dialogue.created": "made",
    "dialogue.range_changed": "changed the range of",
    "dialogue.rows_left_out": "left rows out of",
    "dialogue.rows_taken_back": "took rows back into",
    "dialogue.text_changed": "changed the text of",
    "dialogue.fixed": "fixed",
    "dialogue.read_again": "read again",
    "dialogue.disputed": "sent back to review",
    "dialogue.undone": "undid a step of",
    "dialogue.redone": "redid a step of",
    "dialogue.reverted": "brought an earlier revision back of",
    "dialogue.decision_undone": "took back a decision on",
    "dialogue.withdrawn": "took back the submission of",
    "dialogue.restored": "brought back",
    "scenes.edited": "edited the scenes of",
    "scenes.suggested": "asked for scenes of",
    "scenes.submitted": "submitted the scenes of",
    "scenes.reopened": "reopened the scenes of",
    "scenes.agreed": "agreed on the scenes of",
    "scenes.agreement_undone": "took back the agreed scenes of",
    "scenes.split_undone": "took back a decision on splits of",
    "scenes.split_redone": "made a decision again on splits of",
    "scenes.split_decided": "decided on splits of",
    "suggestion.asked": "asked a language model for the",
    "suggestion.asked_again": "asked a language model again for the",
    "suggestion.stopped": "stopped asking for the",
    "suggestions.decided": "decided on suggested scenes of",
    "note.saved": "wrote the note of",
    "script.columns_chosen": "chose the columns of",
    "script.repair_chosen": "had the text repaired of",
    "script.repair_taken_back": "left the text as it is of",
    "script.replaced": "brought in a corrected file of",
    "dialogue.carried_over": "carried over to the corrected script",
    "project.created": "started the project",
    "project.cutting_chosen": "chose how scenes are cut in",
    "project.review_chosen": "chose how dialogues are reviewed in",
    "work.taken": "took the",
    "work.taken_over": "took over the",
    "work.assigned": "gave out the",
    "work.shared_out": "shared out places in",
    "work.released": "gave back the",
    "work.finished": "finished the",
    "thread.opened": "began",
    "thread.answered": "answered in",
    "thread.resolved": "resolved",
    "thread.reopened": "opened again",
    "guidelines.saved": "saved",
    "project.goal_set": "set the goal of",
    "project.demo_seeded": "made the demo",
    "member.added": "added",
    "member.removed": "removed",
    "member.joined": "joined:",
    "invitation.sent": "sent an",
    "invitation.revoked": "took back an",
    "dataset.requested": "asked for",
    "dataset.uploaded": "uploaded, for a program to train on,",
    "file.uploaded": "uploaded the file",
    "file.deleted": "deleted the uploaded file",
    "character.alias_set": "made another name of",
    "character.alias_removed": "made a character of its own of",
    "character.step_undone": "undid a merge or split of",
    "character.members_set": "said who speaks together as",
    "character.made_target": "made a target of",
    "character.made_ordinary": "made no target any more of",
}


WORK_MORE = {"work.assigned": "to", "work.taken_over": "from", "work.released": "of"}


@dataclass(frozen=True)
class Step:
    """One line of the feed."""

    activity: Activity
    who: str
    verb: str
    what: str
    url: str
    more: tuple[str, ...]


def step_of(activity: Activity, project: Project) -> Step:
    """Return a step of work as a sentence in parts."""
    actor = activity.actor
    verb = WORDS.get(activity.verb) or activity.verb.partition(".")[2].replace("_", " ")
    return Step(
        activity=activity,
        who=(actor.get_full_name() or actor.username) if actor else "The platform",
        verb=verb,
        what=_what(activity),
        url=_address(activity, project),
        more=tuple(_more(activity)),
    )


def _what(activity: Activity) -> str:
    detail = activity.detail
    rows = detail.get("rows")
    if activity.target_type == "dialogue" and rows:
        place = f"{detail.get('episode', '')} {rows[0]}–{rows[1]}".strip()
        return f"{activity.target_label}, {place}"
    return activity.target_label


def _address(activity: Activity, project: Project) -> str:
    if activity.target_type == "dialogue":
        return reverse("dialogue", args=[project.slug, activity.target_id])
    if activity.target_type == "assignment" and "episode_id" in activity.detail:
        return reverse("reader", args=[project.slug, activity.detail["episode_id"]])
    return ""


def _more(activity: Activity) -> list[str]:
    detail = activity.detail
    words = []
    if role := detail.get("role"):
        words.append(f"as {role}")
    if person := detail.get("person"):
        words.append(f"{WORK_MORE.get(activity.verb, 'of')} {person}")
    if places := detail.get("places"):
        words.append(f"{places} among {', '.join(detail.get('people', []))}")
    if detail.get("proposed"):
        words.append("from a proposal")
    if lost := detail.get("lost"):
        words.append("it lost its approval" if lost == "approved" else "it is a draft again")
    if approval := detail.get("approval"):
        words.append(f"{approval[0]} of {approval[1]} approvals")
    if again := detail.get("again"):
        words.append(f"{again} by who read it again")
    if reason := detail.get("reason"):
        words.append(f"“{reason}”")
    if content := detail.get("content_of"):
        words.append(f"as at revision {content}")
    return words
