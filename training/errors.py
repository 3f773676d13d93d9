"""Errors of training: each is a sentence for the person who caused it."""

from rickproject.lib.errors import RickError


class TrainingError(RickError):
    """A rule of training was broken."""

    code = "training_error"
