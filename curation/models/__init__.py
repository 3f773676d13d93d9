"""The tables of curation: one noun a module."""

from .activity import Activity
from .assignments import Assignment
from .datasets import DatasetRecord, DatasetVersion, Export, ExportFile, Finding
from .dialogues import Dialogue, DialogueRevision, DialogueUtterance, Rereview, Review
from .guidelines import GuidelineReading, GuidelineRevision
from .invitations import Invitation
from .keys import KeyChoice
from .notifications import MailSetting, Notification, OutgoingMail
from .projects import Membership, Project
from .scripts import Character, Episode, ImportProblem, Script, Utterance
from .segmentations import (
    Boundary,
    ContextNote,
    Segmentation,
    SplitDecision,
    SuggestedBoundary,
    SuggestionRun,
)
from .suggestions import NoteDraft, SpeakerLearning
from .system import Heartbeat, SealedMail
from .threads import Comment, Thread

__all__ = [
    "Activity",
    "Assignment",
    "Boundary",
    "Character",
    "Comment",
    "ContextNote",
    "DatasetRecord",
    "DatasetVersion",
    "Dialogue",
    "DialogueRevision",
    "DialogueUtterance",
    "Episode",
    "Export",
    "ExportFile",
    "Finding",
    "GuidelineReading",
    "GuidelineRevision",
    "Heartbeat",
    "ImportProblem",
    "Invitation",
    "KeyChoice",
    "MailSetting",
    "Membership",
    "NoteDraft",
    "Notification",
    "OutgoingMail",
    "Project",
    "Rereview",
    "Review",
    "Script",
    "SealedMail",
    "Segmentation",
    "SpeakerLearning",
    "SplitDecision",
    "SuggestedBoundary",
    "SuggestionRun",
    "Thread",
    "Utterance",
]
