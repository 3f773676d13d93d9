"""A team's vLLM server with LoRA: which models it has, and adapters registered while it runs.

Source: vLLM's page on LoRA adapters (``/v1/load_lora_adapter``, ``/v1/unload_lora_adapter``, with
``VLLM_ALLOW_RUNTIME_LORA_UPDATING``).
"""

from dataclasses import dataclass
from typing import Any

import httpx2

from training.providers.errors import ProviderError, ProviderUnavailableError
from training.providers.outbound import outbound_client
from training.providers.registry import Secret

TIMEOUT = httpx2.Timeout(120.0, connect=5.0)  # an adapter is read from the disk while we wait
LIMIT_BYTES = 4 * 1024 * 1024
LONGEST_DETAIL = 300


@dataclass(frozen=True)
class ServedModels:
    """What the server offers.

    Attributes:
        bases: names of whole models.
        adapters: names of adapters.
    """

    bases: frozenset[str]
    adapters: frozenset[str]


class AdapterServer:
    """One vLLM server, named by the operator's settings; use it in a ``with``."""

    def __init__(self, base_url: str, key: Secret) -> None:
        """Prepare the client; nothing is sent.

        Args:
            base_url: ends with ``/v1``.
        """
        self._url = base_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key!s}"}
        self._client = outbound_client(base_url, timeout=TIMEOUT, limit_bytes=LIMIT_BYTES)

    def __enter__(self) -> "AdapterServer":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def models(self) -> ServedModels:
        """Return what it offers.

        Raises:
            ProviderError: it does not answer, or not in the protocol.
        """
        try:
            rows = self._ask("GET", "/models").json()["data"]
            parents = {str(row["id"]): row.get("parent") for row in rows}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            msg = "The model server's list of models cannot be read."
            raise ProviderUnavailableError(msg) from error
        adapters = frozenset(name for name, parent in parents.items() if parent)
        return ServedModels(frozenset(parents) - adapters, adapters)

    def load(self, name: str, path: str) -> None:
        """Register an adapter.

        Args:
            path: of its folder, as the server sees it.

        Raises:
            ProviderError: it refuses, with its own words.
        """
        self._ask("POST", "/load_lora_adapter", {"lora_name": name, "lora_path": path})

    def unload(self, name: str) -> None:
        """Let an adapter go.

        Raises:
            ProviderError: it refuses, with its own words.
        """
        self._ask("POST", "/unload_lora_adapter", {"lora_name": name})

    def _ask(self, method: str, path: str, body: dict[str, str] | None = None) -> httpx2.Response:
        try:
            answer = self._client.request(
                method, f"{self._url}{path}", json=body, headers=self._headers
            )
        except httpx2.HTTPError as error:
            msg = "The model server cannot be reached."
            raise ProviderUnavailableError(msg) from error
        if not answer.is_success:
            raise ProviderError(f"The model server refused ({answer.status_code}). {_why(answer)}")
        return answer


def _why(answer: httpx2.Response) -> str:
    """Return the words of a refusal; vLLM writes them in an error object or bare."""
    try:
        body: Any = answer.json()
        error = body.get("error", body)
        return str(error.get("message", "") if isinstance(error, dict) else error)[:LONGEST_DETAIL]
    except (ValueError, AttributeError):
        return answer.text[:LONGEST_DETAIL]
