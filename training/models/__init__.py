"""The tables of training: one noun a module."""

from .api_keys import ApiKey, TokenReservation
from .chat import Conversation, Message
from .connections import ProviderConnection, ProviderKind
from .jobs import Checkpoint, FineTuneJob, JobEvent, MetricPoint
from .moderation import ModerationRun
from .orders import JobOrder, JobTag
from .registry import ModelPrice, ModelVersion
from .suggestions import SuggestionPart, SuggestionRequest
from .sweeps import Sweep
from .uploads import UploadedFile, UploadedSplit

__all__ = [
    "ApiKey",
    "Checkpoint",
    "Conversation",
    "FineTuneJob",
    "JobEvent",
    "JobOrder",
    "JobTag",
    "Message",
    "MetricPoint",
    "ModelPrice",
    "ModelVersion",
    "ModerationRun",
    "ProviderConnection",
    "ProviderKind",
    "SuggestionPart",
    "SuggestionRequest",
    "Sweep",
    "TokenReservation",
    "UploadedFile",
    "UploadedSplit",
]
