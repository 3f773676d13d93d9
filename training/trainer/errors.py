"""What may go wrong in the training process, in words for the person who started the job."""


class TrainerError(Exception):
    """Training cannot go on; ``code`` is stable, ``str(error)`` is shown to the person."""

    def __init__(self, code: str, sentence: str) -> None:
        """Keep the stable ``code`` beside the sentence."""
        super().__init__(sentence)
        self.code = code


class StoppedError(Exception):
    """Training was asked to stop before it was done.

    Attributes:
        outcome: ``cancelled`` or ``interrupted``.
    """

    def __init__(self, outcome: str) -> None:
        """Keep why it stopped."""
        super().__init__(outcome)
        self.outcome = outcome


class JobLockedError(Exception):
    """Another process works in this job directory."""
