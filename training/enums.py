"""Words of training with one meaning everywhere."""

from django.db.models import TextChoices


class JobState(TextChoices):
    """Where a fine-tuning job is; ours around the eight states of the protocol."""

    AWAITING = "awaiting", "waiting for a second person"
    QUEUED = "queued", "waiting to start"
    SUBMITTING = "submitting", "being handed to the provider"
    NEEDS_ATTENTION = "needs_attention", "needs a person"
    VALIDATING_FILES = "validating_files", "files being checked"
    REMOTE_QUEUED = "remote_queued", "waiting at the provider"
    RUNNING = "running", "training"
    PAUSING = "pausing", "pausing"
    PAUSED = "paused", "paused"
    SUCCEEDED = "succeeded", "finished"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"
    UNKNOWN = "unknown", "in a state we do not know"


PERSON_JOB_STATES = frozenset({JobState.AWAITING, JobState.NEEDS_ATTENTION})
FINAL_JOB_STATES = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED})


class ModerationState(TextChoices):
    """Where the question to a provider's moderation is."""

    QUEUED = "queued", "waiting"
    RUNNING = "running", "being asked"
    DONE = "done", "asked"
    FAILED = "failed", "failed"


class Objective(TextChoices):
    """What a job learns from."""

    SFT = "sft", "the approved records"
    DPO = "dpo", "preference pairs"


class ModelKind(TextChoices):
    """What a model version is."""

    FINE_TUNED = "fine_tuned", "fine-tuned"
    BASE = "base", "base"


class MessageRole(TextChoices):
    """Who speaks in a conversation, in the protocol's words."""

    SYSTEM = "system", "system"
    USER = "user", "user"
    ASSISTANT = "assistant", "assistant"


class ModelStage(TextChoices):
    """What a model is to the team."""

    CANDIDATE = "candidate", "candidate"
    LIVE = "live", "live"
    RETIRED = "retired", "retired"


class MessageState(TextChoices):
    """How far a message is."""

    COMPLETE = "complete", "complete"
    STREAMING = "streaming", "being written"
    STOPPED = "stopped", "stopped"
    FAILED = "failed", "failed"


class SuggestionKind(TextChoices):
    """What a language model is asked for."""

    SCENES = "scenes", "scenes"
    NOTES = "notes", "titles and notes"


class RequestState(TextChoices):
    """How far a request to a language model is."""

    QUEUED = "queued", "waiting"
    RUNNING = "running", "being answered"
    NEEDS_ATTENTION = "needs_attention", "needs a person"
    SUCCEEDED = "succeeded", "answered"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "stopped"


OPEN_REQUEST_STATES = (RequestState.QUEUED, RequestState.RUNNING)


class PartState(TextChoices):
    """How far one question of a request is."""

    WAITING = "waiting", "waiting"
    SENT = "sent", "sent"
    ANSWERED = "answered", "answered"
    REFUSED = "refused", "answer refused"
    IN_DOUBT = "in_doubt", "perhaps answered"
    DROPPED = "dropped", "not asked"
