"""Fixtures: a site that was started with an issuer."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from rickproject.config import get_config
from tests.rickproject.accounts.issuer import CLIENT_ID, SECRET, Issuer, running_issuer


@pytest.fixture
def provider() -> Iterator[None]:
    """Know the protocol, as a site does that was started with an issuer."""
    from allauth.socialaccount.providers import registry
    from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider

    registry.register(OpenIDConnectProvider)
    yield
    registry.provider_map.pop("openid_connect")


@pytest.fixture
def issuer(provider: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Issuer]:
    with running_issuer() as found:
        monkeypatch.setattr(get_config(), "oidc_issuer", found.address)
        monkeypatch.setattr(get_config(), "oidc_client_id", CLIENT_ID)
        monkeypatch.setattr(get_config(), "oidc_client_secret", SecretStr(SECRET))
        monkeypatch.setattr(get_config(), "oidc_name", "Example login")
        yield found
