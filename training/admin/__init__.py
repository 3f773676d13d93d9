"""Django admin of training."""

from .jobs import FineTuneJobAdmin
from .prices import ModelPriceAdmin

__all__ = ["FineTuneJobAdmin", "ModelPriceAdmin"]
