"""The one base class of errors that are shown to people."""


class RickError(Exception):
    """A rule was broken; ``str(error)`` is the sentence shown to the person who broke it."""

    code = "error"
