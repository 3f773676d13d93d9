"""Secrets that must be read again, sealed before they reach the database."""

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
    return _keys().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Return what :func:`seal` was given.

    Raises:
        SealError: none of the keys opens it.
    """
    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        msg = (
            "A stored secret cannot be read: the key that sealed it is gone. Put it back into "
            "RICK_SEALING_KEYS or var/secrets/sealing-key."
        )
        raise SealError(msg) from error


@lru_cache(maxsize=1)
def _keys() -> MultiFernet:
    config = get_config()
    if config.sealing_keys and (named := config.sealing_keys.get_secret_value()):
        return MultiFernet([Fernet(key.strip()) for key in named.split(",")])
    made = read_or_make(
        config.var_dir / "secrets" / "sealing-key", lambda: Fernet.generate_key().decode()
    )
    return MultiFernet([Fernet(made)])
