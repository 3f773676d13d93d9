"""Django admin of training."""

from .api_keys import ApiKeyAdmin
from .connections import ProviderConnectionAdmin
from .jobs import FineTuneJobAdmin
from .prices import ModelPriceAdmin

__all__ = ["ApiKeyAdmin", "FineTuneJobAdmin", "ModelPriceAdmin", "ProviderConnectionAdmin"]
