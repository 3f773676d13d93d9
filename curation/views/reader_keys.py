"""Words of the reader's key map and dialogs: (key, what it does)."""

CONFLICT_DIALOGS = (
    ("scenes-conflict", "Keep both, mine on top"),
    ("note-conflict", "Keep mine; theirs stays in the history"),
)
MOVE_KEYS = (
    ("J", "Next line, also Down"),
    ("K", "Line before, also Up"),
    ("PageDown", "Ten lines on"),
    ("PageUp", "Ten lines back"),
    ("G", "First line"),
    ("Shift+G", "Last line"),
    ("Shift+J", "Next scene"),
    ("Shift+K", "Scene before"),
)
SCENE_KEYS = (
    ("Enter", "Start a scene at this line, or join it, also B"),
    ("N", "Write the scene's title, or its note once it has a title; Escape leaves it"),
)
SUGGESTION_KEYS = (
    ("Y", "Accept the suggestion at this line, or the next one"),
    ("Shift+Y", "Accept all suggestions in view"),
    ("Backspace", "Dismiss the suggestion at this line"),
)
SPLIT_KEYS = (
    ("Alt+Shift+Right", "Next split"),
    ("Alt+Shift+Left", "Split before"),
)
DECISION_KEYS = (("1", "Take annotator 1’s decision here, 2 to 9 the others’"),)
