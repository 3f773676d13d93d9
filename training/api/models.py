"""``/v1/models``: what a key may talk to."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from training.access.api import Caller, caller_model, caller_models
from training.api.doors import doors, with_path
from training.api.refusals import ApiError
from training.models import ModelVersion


def model_object(model: ModelVersion) -> dict[str, Any]:
    """Return a model as the protocol describes it, and what kind it is."""
    return {
        "id": model.name,
        "object": "model",
        "created": int(model.created_at.timestamp()),
        "owned_by": model.project.slug,
        "kind": model.kind,
        "base_model": model.base_model,
        "context_tokens": model.context_tokens,
    }


def no_model(name: str) -> ApiError:
    """Return the refusal of a model that is not there, or not for this key."""
    return ApiError(
        f"The model {name[:200]!r} does not exist, or your key does not open it.",
        status=HTTPStatus.NOT_FOUND,
        code="model_not_found",
        param="model",
    )


def _list(request: HttpRequest, caller: Caller) -> HttpResponse:
    data = [model_object(model) for model in caller_models(caller)]
    return JsonResponse({"object": "list", "data": data})


@with_path
def _retrieve(request: HttpRequest, caller: Caller, name: str) -> HttpResponse:
    model = caller_model(caller, name)
    if model is None:
        raise no_model(name)
    return JsonResponse(model_object(model))


models = doors(get=_list)
model = doors(get=_retrieve)
