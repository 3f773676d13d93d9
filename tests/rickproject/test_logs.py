import json
import logging
from io import StringIO

import pytest

from rickproject import logs


@pytest.fixture
def written() -> StringIO:
    """What a logger of ours writes during the test."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    spec = logs.settings(level="INFO")["formatters"]["json"]
    handler.setFormatter(spec["()"](**{k: v for k, v in spec.items() if k != "()"}))
    logger = logging.getLogger("rickproject.test")
    logger.addHandler(handler)
    logger.setLevel("INFO")
    yield stream
    logger.removeHandler(handler)


def log(written: StringIO, *arguments: object, **extra: object) -> dict[str, object]:
    logging.getLogger("rickproject.test").info(*arguments, extra=extra)
    lines = written.getvalue().splitlines()
    assert len(lines) == 1
    return json.loads(lines[0])


def test_log_is_one_json_object_with_time_in_utc(written: StringIO) -> None:
    row = log(written, "import %s is done", 7, rows=40)
    assert row["message"] == "import 7 is done"
    assert (row["level"], row["logger"], row["rows"]) == ("info", "rickproject.test", 40)
    assert str(row["at"]).endswith("Z")


def test_log_keeps_line_breaks_of_values_inside_the_line(written: StringIO) -> None:
    assert log(written, "name %s", "a\nlevel=forged")["message"] == "name a\nlevel=forged"


@pytest.mark.parametrize(
    "text",
    [
        "key sk-CANARY0123456789 refused",
        "key rick-CANARY78901234567890123456789012345678901234 refused",
        "redis://:CANARY-password@127.0.0.1:6379/0",
        "postgresql://rick:CANARY@db/rick",
        "Method Not Allowed (POST): /accounts/join/CANARY0123456789012345/",
        "<Request: GET '/accounts/password/reset/key/1-CANARY-abcdef/'>",
    ],
)
def test_log_masks_keys_and_passwords_in_texts(written: StringIO, text: str) -> None:
    log(written, "%s", text)
    assert "CANARY" not in written.getvalue()


@pytest.mark.parametrize("name", ["api_key", "password", "Authorization", "share_token"])
def test_log_masks_values_of_secret_names(written: StringIO, name: str) -> None:
    log(written, "a call", **{name: "CANARY"})
    assert "CANARY" not in written.getvalue()


def test_log_masks_secrets_in_traces(written: StringIO) -> None:
    logger = logging.getLogger("rickproject.test")
    try:
        raise ValueError("sk-CANARY0123456789")
    except ValueError:
        logger.exception("failed")
    assert "CANARY" not in written.getvalue()
    assert "ValueError" in written.getvalue()
