"""The tables of training: one noun a module."""

from .api_keys import ApiKey
from .chat import Conversation, Message
from .connections import ProviderConnection, ProviderKind
from .jobs import Checkpoint, FineTuneJob, JobEvent, MetricPoint
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
    "ProviderConnection",
    "ProviderKind",
    "SuggestionPart",
    "SuggestionRequest",
    "Sweep",
    "UploadedFile",
    "UploadedSplit",
]
