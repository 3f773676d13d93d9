"""Rotation of the keys that seal secrets: everything, once, and nothing lost."""

import json
from collections.abc import Callable, Iterator
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.utils import timezone
from pydantic import SecretStr

from curation.models import SealedMail
from rickproject import doctor, sealed_rows
from rickproject.config import get_config
from rickproject.lib import sealed
from rickproject.lib.sealed import seal, unseal
from tests.factories import UserFactory
from training.models import ProviderConnection

pytestmark = pytest.mark.django_db
OLD, NEW = "o" * 43 + "=", "n" * 43 + "="
UseKeys = Callable[[str], None]


@pytest.fixture
def use_keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[UseKeys]:
    def use(keys: str) -> None:
        monkeypatch.setattr(get_config(), "sealing_keys", SecretStr(keys))
        sealed._keys.cache_clear()

    yield use
    sealed._keys.cache_clear()


def rotate() -> dict[str, object]:
    out = StringIO()
    call_command("rotate_sealing_keys", "--json", stdout=out)
    answer: dict[str, object] = json.loads(out.getvalue())
    return answer


def store() -> None:
    """Three people with an app and recovery codes, one of them with codes of old; and a mail."""
    for number in range(3):
        user = UserFactory()
        app = {"secret": seal(f"app {number}")}
        Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data=app)
        codes = {"seed": seal(f"seed {number}"), "used_mask": 5}
        Authenticator.objects.create(user=user, type=Authenticator.Type.RECOVERY_CODES, data=codes)
    old_codes = {"migrated_codes": [seal("one"), seal("two")], "used_mask": 0}
    Authenticator.objects.create(
        user=UserFactory(), type=Authenticator.Type.RECOVERY_CODES, data=old_codes
    )
    SealedMail.objects.create(sealed=seal("a letter"), next_try_at=timezone.now())
    ProviderConnection.objects.create(key="a", sealed_key=seal("a key"))
    ProviderConnection.objects.create(key="b")
    SealedMail.objects.create(sealed="", next_try_at=timezone.now(), failed_at=timezone.now())


def test_rotation_seals_everything_with_the_first_key_and_a_second_one_nothing(
    use_keys: UseKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed_rows, "BATCH", 2)
    use_keys(OLD)
    store()
    assert doctor.seals().ok
    use_keys(f"{NEW},{OLD}")
    assert not doctor.seals().ok
    assert "10 of 10 secrets" in doctor.seals().detail
    assert "rotate_sealing_keys" in doctor.seals().remedy
    first = rotate()
    assert (first["resealed"], first["newest"], first["unreadable"]) == (10, 0, 0)
    second = rotate()
    assert (second["resealed"], second["newest"], second["unreadable"]) == (0, 10, 0)
    use_keys(NEW)
    assert doctor.seals().ok
    apps = Authenticator.objects.filter(type=Authenticator.Type.TOTP).order_by("pk")
    assert [unseal(one.data["secret"]) for one in apps] == ["app 0", "app 1", "app 2"]
    codes = Authenticator.objects.filter(data__used_mask=5).order_by("pk")
    assert [unseal(one.data["seed"]) for one in codes] == ["seed 0", "seed 1", "seed 2"]
    migrated = Authenticator.objects.get(data__used_mask=0).data["migrated_codes"]
    assert [unseal(one) for one in migrated] == ["one", "two"]
    assert unseal(SealedMail.objects.exclude(sealed="").get().sealed) == "a letter"
    assert unseal(ProviderConnection.objects.get(key="a").sealed_key) == "a key"


def test_rotation_leaves_what_no_key_opens_and_says_so(
    use_keys: UseKeys, capsys: pytest.CaptureFixture[str]
) -> None:
    use_keys(OLD)
    SealedMail.objects.create(sealed=seal("lost"), next_try_at=timezone.now())
    use_keys(NEW)
    SealedMail.objects.create(sealed=seal("kept"), next_try_at=timezone.now())
    assert "1 of 2 secrets cannot be read" in doctor.seals().detail
    with pytest.raises(SystemExit):
        call_command("rotate_sealing_keys")
    assert "1 cannot be read: their key is gone" in capsys.readouterr().out
    use_keys(f"{NEW},{OLD}")
    assert rotate()["resealed"] == 1
