"""Words with one meaning everywhere: database, code, pages."""

from django.db.models import TextChoices


class Role(TextChoices):
    """What a person does in a project."""

    ANNOTATOR = "annotator", "annotator"
    REVIEWER = "reviewer", "reviewer"
    MANAGER = "manager", "manager"
    TESTER = "tester", "tester"


class ScriptState(TextChoices):
    """Where a script file is on its way into the project."""

    UPLOADED = "uploaded", "uploaded"
    CHECKING = "checking", "being checked"
    NEEDS_MAPPING = "needs_mapping", "waiting for its columns"
    CHECKED = "checked", "checked, waiting for your word"
    IMPORTING = "importing", "being imported"
    IMPORTED = "imported", "imported"
    REPLACED = "replaced", "replaced by a corrected file"
    FAILED = "failed", "refused"
    DISCARDING = "discarding", "being removed"


class Severity(TextChoices):
    """How much a finding matters."""

    ERROR = "error", "error"
    WARNING = "warning", "warning"
    NOTE = "note", "note"


class UtteranceKind(TextChoices):
    """Whether a row is spoken."""

    SPEECH = "speech", "speech"
    DIRECTION = "direction", "stage direction"


class SegmentationMode(TextChoices):
    """How the annotators of a project cut its episodes."""

    BLIND = "blind", "blind: everybody cuts a layer of their own"
    SHARED = "shared", "shared: everybody cuts the same layer"


class SegmentationState(TextChoices):
    """How far a layer of scene boundaries is."""

    UNTOUCHED = "untouched", "untouched"
    IN_PROGRESS = "in_progress", "in progress"
    SUBMITTED = "submitted", "submitted"


class BoundaryOrigin(TextChoices):
    """Who drew a boundary."""

    START = "start", "start of the episode"
    PERSON = "person", "a person"
    SPEAKER_MODEL = "speaker_model", "the speaker model"
    SOURCE = "source", "the source file"
    LLM = "llm", "a language model"
    LAYERS = "layers", "the annotators' layers"


class DecisionRule(TextChoices):
    """By what a split between annotators was decided."""

    MAJORITY = "majority", "the majority"
    ANNOTATOR = "annotator", "one annotator's scenes"


class Suggester(TextChoices):
    """Who suggests scenes."""

    SPEAKER_MODEL = "speaker_model", "the speaker model"
    SOURCE = "source", "the source file"
    LLM = "llm", "a language model"


class SuggestionState(TextChoices):
    """What became of a suggestion."""

    OPEN = "open", "open"
    ACCEPTED = "accepted", "accepted"
    EDITED = "edited", "accepted with another title"
    DISMISSED = "dismissed", "dismissed"


class NoteDraftState(TextChoices):
    """What became of a drafted title and note."""

    OPEN = "open", "draft"
    ACCEPTED = "accepted", "accepted"
    EDITED = "edited", "accepted with changes"
    DISMISSED = "dismissed", "refused"
    REPLACED = "replaced", "replaced by a newer draft"


class WorkKind(TextChoices):
    """What is done in an episode."""

    LAYER = "layer", "own layer"
    SCENES = "scenes", "scenes"
    DIALOGUES = "dialogues", "dialogues"


class AssignmentState(TextChoices):
    """What became of a place in an episode's work."""

    OPEN = "open", "open"
    DONE = "done", "done"
    RELEASED = "released", "given back"
    LAPSED = "lapsed", "taken over"


class AssignmentOrigin(TextChoices):
    """How somebody came to a place."""

    MANUAL = "manual", "by hand"
    SHARED_OUT = "shared_out", "shared out"
    TAKEN = "taken", "taken by oneself"


class DialogueState(TextChoices):
    """Where a dialogue is in the team's work."""

    DRAFT = "draft", "draft"
    SUBMITTED = "submitted", "submitted"
    APPROVED = "approved", "approved"
    RETURNED = "returned", "returned"
    REMOVED = "removed", "removed"


class Decision(TextChoices):
    """What a reviewer decided."""

    APPROVED = "approved", "approved"
    RETURNED = "returned", "returned"
    REMOVED = "removed", "removed"


class RereviewState(TextChoices):
    """What a second, blind reading of an approved dialogue came to."""

    OPEN = "open", "waiting"
    CONFIRMED = "confirmed", "approved again"
    DISAGREED = "disagreed", "decided otherwise"


class DatasetState(TextChoices):
    """Where a dataset version is."""

    QUEUED = "queued", "waiting to be built"
    BUILDING = "building", "being built"
    WAITING = "waiting", "waiting for approval"
    APPROVED = "approved", "approved"
    RETURNED = "returned", "returned"
    FAILED = "failed", "failed"
    UPLOADED = "uploaded", "uploaded by a program, approved by nobody"


class Split(TextChoices):
    """Which part of a dataset a record is in."""

    TRAIN = "train", "train"
    VALIDATION = "validation", "validation"


class SplitBy(TextChoices):
    """What is kept together when a dataset is split."""

    DIALOGUE = "dialogue", "dialogue"
    SCENE = "scene", "scene"
    EPISODE = "episode", "episode"
    STRATIFIED = "stratified", "scene, evenly over seasons and lengths"


class ExportFormat(TextChoices):
    """What the files of an export are made for."""

    OPENAI_CHAT = "openai_chat", "OpenAI chat JSONL"
    PREFERENCES = "preferences", "preference pairs (DPO)"
    SHAREGPT = "sharegpt", "ShareGPT JSONL"
    HUGGING_FACE = "hugging_face", "Hugging Face folder"
    CSV = "csv", "CSV"


class ExportState(TextChoices):
    """Where an export is."""

    QUEUED = "queued", "waiting"
    RUNNING = "running", "being written"
    DONE = "done", "ready"
    FAILED = "failed", "failed"


class NotificationKind(TextChoices):
    """What a person is told of."""

    MENTIONED = "mentioned", "you were mentioned"
    REPLIED = "replied", "an answer where you took part"
    RESOLVED = "resolved", "a thread of yours was resolved"
    RETURNED = "returned", "a dialogue of yours was returned"
    APPROVED = "approved", "a dialogue of yours was approved"
    ASSIGNED = "assigned", "work was given to you"
    DATASET_APPROVED = "dataset_approved", "a dataset was approved"
    DATASET_RETURNED = "dataset_returned", "a dataset was returned"
    MODEL_READY = "model_ready", "a model can be talked with"


class MailChoice(TextChoices):
    """What of it comes by e-mail."""

    AT_ONCE = "at_once", "mentions at once, the rest once a day"
    DIGEST = "digest", "everything once a day"
    OFF = "off", "no e-mail"


class MailState(TextChoices):
    """Where an e-mail of ours is."""

    QUEUED = "queued", "waiting"
    SENDING = "sending", "being sent"
    SENT = "sent", "sent"
    DROPPED = "dropped", "not wanted any more"
    FAILED = "failed", "given up"
