from types import SimpleNamespace

import pytest
from allauth.mfa.totp.internal import auth as totp


@pytest.fixture(autouse=True)
def stopped_app(monkeypatch: pytest.MonkeyPatch) -> None:
    """Codes of authenticator apps change every 30 seconds; no test may straddle two."""
    monkeypatch.setattr(totp, "time", SimpleNamespace(time=lambda: 1_000_000_000.0))
