"""Secrets that must be read again, sealed before they reach the database."""

from enum import Enum
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from rickproject.config import get_config
from rickproject.lib.errors import RickError
from rickproject.lib.secret_files import read_or_make


class SealError(RickError):
    """A secret was sealed with a key that is gone."""

    code = "seal"


def seal(text: str) -> str:
    """Return a text sealed with the newest key (Fernet: AES-128-CBC and HMAC-SHA256)."""
    return _keys()[0].encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Return what :func:`seal` was given.

    Raises:
        SealError: none of the keys opens it.
    """
    try:
        return _keys()[1].decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        msg = (
            "A stored secret cannot be read: the key that sealed it is gone. Put it back into "
            "RICK_SEALING_KEYS or var/secrets/sealing-key."
        )
        raise SealError(msg) from error


class SealAge(Enum):
    """Which of the keys opens a sealed text."""

    NEWEST = "newest"
    OLDER = "older"
    UNREADABLE = "unreadable"


def age_of(sealed: str) -> SealAge:
    """Tell which key sealed a text; it is checked, not read."""
    newest, every = _keys()
    for keys, age in ((newest, SealAge.NEWEST), (every, SealAge.OLDER)):
        try:
            keys.decrypt(sealed.encode())
        except InvalidToken:
            continue
        return age
    return SealAge.UNREADABLE


def reseal(sealed: str) -> str:
    """Return a sealed text sealed with the newest key; one that no key opens stays as it is."""
    return seal(unseal(sealed)) if age_of(sealed) == SealAge.OLDER else sealed


@lru_cache(maxsize=1)
def _keys() -> tuple[Fernet, MultiFernet]:
    """Return the newest key, and all of them."""
    keys = [Fernet(key.strip()) for key in _key_texts()]
    return keys[0], MultiFernet(keys)


def _key_texts() -> list[str]:
    config = get_config()
    if config.sealing_keys and (named := config.sealing_keys.get_secret_value()):
        return named.split(",")
    made = read_or_make(
        config.var_dir / "secrets" / "sealing-key", lambda: Fernet.generate_key().decode()
    )
    return [made]
