"""The tables of training: one noun a module."""

from .chat import Conversation, Message
from .jobs import Checkpoint, FineTuneJob, JobEvent, MetricPoint
from .registry import ModelPrice, ModelVersion
from .suggestions import SuggestionPart, SuggestionRequest

__all__ = [
    "Checkpoint",
    "Conversation",
    "FineTuneJob",
    "JobEvent",
    "Message",
    "MetricPoint",
    "ModelPrice",
    "ModelVersion",
    "SuggestionPart",
    "SuggestionRequest",
]
