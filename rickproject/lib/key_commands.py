"""The one map of every keyboard command: its name, what it does, where, and its keys.

Pages get their part of it as data (``Frame.commands``), ``?`` shows it, ``docs/reference/keys.md``
lists it, and people change it for themselves at ``/keys/``. A new command is declared here, bound
in its page's script (``bindCommands``) or named by a button (``data-command``), and tried in
``tests/e2e/test_keys.py``; tests compare all four.
"""

from dataclasses import dataclass

Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """One thing a key does.

    Attributes:
        name: within its area, such as ``next``; :class:`Section` makes it ``reader.next``.
        keys: the default keystrokes as :mod:`rickproject.lib.key_names` writes them, two at most.
        is_typing: it also acts while somebody types; then its keys write nothing.
        repeats: it acts again and again while its key is held down.
        if_present: ``?`` lists it only where the page has a button or sign for it.
    """

    name: str
    keys: Keys
    words: str
    is_typing: bool = False
    repeats: bool = False
    if_present: bool = False


@dataclass(frozen=True, slots=True)
class Area:
    """Where commands act: the routes whose pages have them.

    Attributes:
        inside: the area whose page this is a part of, such as a field that has the cursor; keys of
            the part go before the page's own.
    """

    name: str
    title: str
    routes: tuple[str, ...] = ()
    inside: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Commands of one area under one heading."""

    area: str
    title: str
    commands: tuple[Command, ...]


EVERYWHERE = "everywhere"
AREAS = (
    Area(EVERYWHERE, "Everywhere"),
    Area("reader", "Reader", ("reader", "reader_submit", "reader_suggest", "reader_reopen")),
    Area("note", "Reader, in a scene’s title or note", inside="reader"),
    Area(
        "builder",
        "Dialogue builder",
        ("dialogue", "scene_dialogues", "dialogue_create", "dialogue_change", "scene_accept"),
    ),
    Area("line", "Builder, in a line’s text", inside="builder"),
    Area("review", "Review", ("review", "review_decide")),
    Area("reason", "Review, in the reason", inside="review"),
    Area("mend", "Review, in a line that is fixed", inside="review"),
    Area(
        "splits",
        "Agreement and adjudication",
        (
            *("episode_agreement", "adjudication", "adjudication_decide"),
            *("adjudication_save", "adjudication_undo"),
        ),
    ),
    Area("chat", "Chat", ("chat", "conversation", "conversation_start", "conversation_settings")),
    Area("projects", "Projects", ("home",)),
    Area("work", "Your work", ("work",)),
    Area("scripts", "Scripts", ("scripts",)),
    Area("dialogues", "Dialogues", ("dialogues",)),
    Area("datasets", "Datasets", ("datasets",)),
    Area("dataset", "A dataset version", ("dataset",)),
    Area("training", "Training", ("jobs",)),
)
SECTIONS = (
    Section(
        EVERYWHERE,
        "Everywhere",
        (
            Command("help", ("?",), "Show the keys of this page"),
            Command("search", ("/",), "Search this project", if_present=True),
        ),
    ),
    Section(
        "reader",
        "Move",
        (
            Command("next", ("J", "Down"), "Next line", repeats=True),
            Command("previous", ("K", "Up"), "Line before", repeats=True),
            Command("page_on", ("PageDown",), "Ten lines on", repeats=True),
            Command("page_back", ("PageUp",), "Ten lines back", repeats=True),
            Command("first", ("G",), "First line"),
            Command("last", ("Shift+G",), "Last line"),
            Command("next_scene", ("Shift+J",), "Next scene", repeats=True),
            Command("previous_scene", ("Shift+K",), "Scene before", repeats=True),
        ),
    ),
    Section(
        "reader",
        "Scenes",
        (
            Command("toggle", ("Enter", "B"), "Start a scene at this line, or join it"),
            Command("note", ("N",), "Write the scene’s context note"),
            Command("title", ("Shift+N",), "Write the scene’s title, or the one suggested here"),
            Command("undo", ("Mod+Z",), "Undo"),
            Command("redo", ("Mod+Shift+Z",), "Redo"),
            Command("submit", ("Mod+Enter",), "Submit and open the next", is_typing=True),
            Command("comment", ("C",), "Comment on this line"),
            Command("comment_scene", ("Shift+C",), "Comment on this scene"),
        ),
    ),
    Section(
        "reader",
        "Suggestions",
        (
            Command("suggest", ("Alt+S",), "Suggest scenes"),
            Command("accept", ("Y",), "Accept the suggestion at this line, or go to the next one"),
            Command("accept_in_view", ("Shift+Y",), "Accept all suggestions in view"),
            Command("dismiss", ("Backspace",), "Dismiss the suggestion at this line"),
        ),
    ),
    Section(
        "note",
        "In a scene’s title or note",
        (
            Command("leave", ("Escape",), "Back to the lines; your words stay", is_typing=True),
            Command("accept", ("Enter",), "In a suggested title: accept it so", is_typing=True),
        ),
    ),
    Section(
        "builder",
        "Rows",
        (
            Command("next", ("J", "Down"), "Next row", repeats=True),
            Command("previous", ("K", "Up"), "Row before", repeats=True),
            Command("more", ("Shift+Down", "Shift+J"), "Choose one row more", repeats=True),
            Command("less", ("Shift+Up", "Shift+K"), "Choose one row less", repeats=True),
            Command("unchoose", ("Escape",), "Choose no rows"),
        ),
    ),
    Section(
        "builder",
        "The dialogue",
        (
            Command("make", ("D",), "Make a dialogue of the rows chosen"),
            Command("new", ("N",), "Choose rows for a new dialogue"),
            Command("propose", ("Shift+P",), "Propose dialogues for this scene"),
            Command("start", ("[",), "The dialogue starts at this row"),
            Command(
                "end", ("]",), "The dialogue ends at this row, or on the character’s line before it"
            ),
            Command("drop", ("Backspace",), "Leave the rows out of the record, or take them back"),
            Command("edit", ("E",), "Edit the text for training of this row"),
            Command("record", ("P",), "Show or hide the training record"),
            Command("undo", ("U", "Mod+Z"), "Undo"),
            Command("redo", ("Shift+U", "Mod+Shift+Z"), "Redo"),
            Command("submit", ("Mod+Enter",), "Submit and open the next", is_typing=True),
        ),
    ),
    Section(
        "line",
        "In a line’s text",
        (
            Command("keep", ("Mod+Enter",), "Keep this text", is_typing=True),
            Command("leave", ("Escape",), "Back to the rows, text as it was", is_typing=True),
        ),
    ),
    Section(
        "review",
        "Decide",
        (
            Command("approve", ("A",), "Approve and open the next"),
            Command("return", ("R",), "Return; asks for the reason first"),
            Command("fix", ("F",), "Fix it yourself"),
            Command("skip", ("S",), "Skip"),
            Command("remove", ("X",), "Remove"),
            Command("back", ("B",), "Back to the dialogue before"),
            Command("undo", ("U", "Mod+Z"), "Take back the decision just made"),
            Command("redo", ("Shift+U", "Mod+Shift+Z"), "Make it again", if_present=True),
        ),
    ),
    Section(
        "reason",
        "In the reason",
        (
            Command("return", ("Mod+Enter",), "Return for this reason", is_typing=True),
            Command("leave", ("Escape",), "Leave the field; what you wrote stays", is_typing=True),
        ),
    ),
    Section(
        "mend",
        "In a line that is fixed",
        (
            Command("approve", ("Mod+Enter",), "Approve as fixed", is_typing=True),
            Command("leave", ("Escape",), "Leave the line; what you wrote stays", is_typing=True),
        ),
    ),
    Section(
        "splits",
        "Splits",
        (
            Command("next", ("J", "Alt+Shift+Right"), "Next split", repeats=True),
            Command("previous", ("K", "Alt+Shift+Left"), "Split before", repeats=True),
            Command("comment", ("C",), "Comment on the line of this split"),
            Command("majority", ("M",), "Take the majority everywhere undecided"),
            Command("undo", ("Mod+Z",), "Undo your last decision"),
            Command("redo", ("Mod+Shift+Z",), "Make it again"),
            Command("save", ("Mod+Enter",), "Save the agreed scenes", is_typing=True),
            *(
                Command(
                    f"take_{number}",
                    (str(number),),
                    f"Take annotator {number}’s decision here",
                    if_present=True,
                )
                for number in range(1, 10)
            ),
        ),
    ),
    Section(
        "chat",
        "Chat",
        (
            Command("write", ("Shift+Escape",), "Write a message", is_typing=True),
            Command("new", ("Mod+Shift+O",), "New conversation", is_typing=True),
            Command("settings", ("Mod+,",), "Settings", is_typing=True),
            Command("send", ("Enter", "Mod+Enter"), "Send the message", is_typing=True),
            Command("stop", ("Escape",), "Stop the reply", is_typing=True),
            Command("edit", ("Up",), "Edit your last message, from an empty box", is_typing=True),
            Command(
                "version_before",
                ("Left",),
                "Show the version before, from an empty box",
                is_typing=True,
            ),
            Command(
                "version_after",
                ("Right",),
                "Show the version after, from an empty box",
                is_typing=True,
            ),
        ),
    ),
    Section("projects", "Projects", (Command("new", ("N",), "New project"),)),
    Section("work", "This page", (Command("next", ("N",), "Open what is next"),)),
    Section("scripts", "Scripts", (Command("upload", ("U",), "Upload a script"),)),
    Section("dialogues", "Dialogues", (Command("propose", ("Shift+P",), "Propose dialogues"),)),
    Section("datasets", "Datasets", (Command("build", ("B",), "Build a version"),)),
    Section("dataset", "Dataset version", (Command("train", ("T",), "Train on it"),)),
    Section("training", "Training", (Command("new", ("N",), "Train a model"),)),
)
