"""What models cost: corrected here when a provider changes its prices."""

from django.contrib import admin

from training.models import ModelPrice


@admin.register(ModelPrice)
class ModelPriceAdmin(admin.ModelAdmin[ModelPrice]):
    """A row here goes before the published price that the project knows."""

    list_display = [
        "provider",
        "model",
        "training_usd_per_million_tokens",
        "input_usd_per_million_tokens",
        "output_usd_per_million_tokens",
        "as_of",
        "source",
    ]
    list_filter = ["provider"]
    search_fields = ["model"]
