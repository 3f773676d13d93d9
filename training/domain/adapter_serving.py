"""Adapters that were trained here, offered by a team's own vLLM server."""

import logging
from pathlib import Path

from django.db.models import QuerySet

from rickproject.config import get_config
from training.enums import ModelKind, ModelStage
from training.models import ModelVersion
from training.providers.adapter_server import AdapterServer
from training.providers.capabilities import LOCAL
from training.providers.errors import ProviderError
from training.providers.model_server import endpoint_of
from training.serving.registry import read_entry

logger = logging.getLogger(__name__)


def asked_as(model: ModelVersion) -> str:
    """Return the name by which a model's server is asked: vLLM knows a base by its own name."""
    is_base = model.provider == LOCAL and model.kind == ModelKind.BASE
    return model.base_model if is_base and _has_vllm() else model.served_name


def register_adapters() -> tuple[list[str], list[str]]:
    """Bring the server's adapters in line with the registry; safe to call at any time.

    Adapters of a base that the server does not have are left alone, as are those that it has from
    elsewhere. One that it refuses is logged and keeps no other back.

    Returns:
        Names of those that were loaded and of those that were let go.

    Raises:
        ProviderError: the server does not answer.
    """
    if not _has_vllm():
        return [], []
    endpoint = endpoint_of(LOCAL)
    with AdapterServer(endpoint.base_url, endpoint.key) as server:
        served = server.models()
        wanted = (
            _offered().filter(base_model__in=served.bases).exclude(served_name__in=served.adapters)
        )
        loaded = [model.served_name for model in wanted if _load(server, model)]
        gone = _tuned().filter(served_name__in=served.adapters).exclude(pk__in=_offered())
        unloaded = [model.served_name for model in gone if _unload(server, model)]
    return loaded, unloaded


def _has_vllm() -> bool:
    config = get_config()
    return bool(config.model_server_url and config.model_server_adapters)


def _tuned() -> QuerySet[ModelVersion]:
    return ModelVersion.objects.filter(provider=LOCAL, kind=ModelKind.FINE_TUNED).order_by("pk")


def _offered() -> QuerySet[ModelVersion]:
    return _tuned().filter(weights_deleted_at=None).exclude(stage=ModelStage.RETIRED)


def _load(server: AdapterServer, model: ModelVersion) -> bool:
    entry = read_entry(get_config().var_dir / "models", model.served_name)
    if entry is None or entry.adapter_dir is None:
        return False  # a whole model: vLLM serves it as a base of its own
    try:
        server.load(model.served_name, _seen_there(entry.adapter_dir))
    except ProviderError as error:
        logger.warning("the model server did not take %s: %s", model.served_name, error)
        return False
    return True


def _unload(server: AdapterServer, model: ModelVersion) -> bool:
    try:
        server.unload(model.served_name)
    except ProviderError as error:
        logger.warning("the model server did not let %s go: %s", model.served_name, error)
        return False
    return True


def _seen_there(folder: Path) -> str:
    """Return a folder of ours as the server sees it, which may mount the data folder elsewhere."""
    config = get_config()
    if not config.model_server_folder:
        return str(folder)
    inside = folder.resolve().relative_to(config.var_dir.resolve())
    return str(Path(config.model_server_folder) / inside)
