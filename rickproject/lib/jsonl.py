"""JSON lines as canonical bytes: the same value gives the same bytes on every machine."""

import json


def encode_line(value: object) -> bytes:
    """Return ``value`` as one UTF-8 JSON line ending in a line feed; keys keep their order.

    Raises:
        ValueError: a number is not finite.
        UnicodeEncodeError: a text holds a lone surrogate.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8") + b"\n"
