"""What a provider can do to us, in words; every error survives pickling.

The ``openai`` SDK's own errors do not (openai/openai-python#2629), so they never leave a provider.
"""

from training.errors import TrainingError


class ProviderError(TrainingError):
    """A provider did not do what was asked."""

    code = "provider_error"

    def __init__(self, sentence: str, *, code: str | None = None) -> None:
        super().__init__(sentence)
        if code:
            self.code = code


class ProviderUnavailableError(ProviderError):
    """It cannot be reached or is busy: asking again later may help."""

    code = "provider_unavailable"


class ProviderAnswerError(ProviderUnavailableError):
    """Something answered, but not in the protocol: often a proxy in between."""

    code = "provider_answer"


class ProviderRefusedError(ProviderError):
    """It understood and said no: asking the same again will not help."""

    code = "provider_refused"


class ProviderMissingError(ProviderRefusedError):
    """It does not know the job, file or model."""

    code = "provider_missing"


class UnknownOutcomeError(ProviderError):
    """The request may have been accepted: look before sending it again."""

    code = "unknown_outcome"
