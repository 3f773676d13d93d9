"""Where models answer: the project's own model server, or the operator's OpenAI endpoint."""

from dataclasses import dataclass

from asgiref.sync import sync_to_async

from rickproject.config import get_config
from training.errors import TrainingError

from .capabilities import LOCAL, OPENAI
from .errors import ProviderRefusedError
from .registry import Secret, require_connection


class ModelServerError(TrainingError):
    """The server of a model cannot be reached or refused; the sentence says what to do."""

    code = "model_server"

    def __init__(self, sentence: str, *, status: int | None = None) -> None:
        """Keep the sentence and, where the server answered, its HTTP status."""
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class Endpoint:
    """An address that speaks the OpenAI protocol; the key never appears in ``repr``."""

    base_url: str
    key: Secret


def endpoint_of(provider: str) -> Endpoint:
    """Return where models of a provider answer.

    Raises:
        ModelServerError: the server does not run, or the operator has set no key.
    """
    return _local_endpoint() if provider == "local" else _remote_endpoint(provider)


async def find_endpoint(provider: str) -> Endpoint:
    """Return where models of a provider answer, from where the database may not be waited for.

    Raises:
        ModelServerError: as :func:`endpoint_of`.
    """
    if provider in {LOCAL, OPENAI}:
        return endpoint_of(provider)
    return await sync_to_async(endpoint_of)(provider)


def _local_endpoint() -> Endpoint:
    config = get_config()
    if config.model_server_url:
        key = config.model_server_key
        return Endpoint(config.model_server_url, Secret(key.get_secret_value() if key else "none"))
    port_file = config.var_dir / "run" / "model-port"
    key_file = config.var_dir / "secrets" / "model-server-key"
    try:
        port, key_text = int(port_file.read_text()), key_file.read_text().strip()
    except (OSError, ValueError) as error:
        msg = "The model server does not run. Start everything with 'make run', or ask an admin."
        raise ModelServerError(msg) from error
    return Endpoint(f"http://127.0.0.1:{port}/v1", Secret(key_text))


def _remote_endpoint(provider: str) -> Endpoint:
    try:
        connection, key = require_connection(provider)
    except ProviderRefusedError as error:
        raise ModelServerError(str(error)) from error
    return Endpoint(connection.base_url, key)
