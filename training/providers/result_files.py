"""The metrics file of a finished job: plain CSV, or the same base64-encoded."""

import base64
import binascii
import io

from .base import ResultFile
from .errors import ProviderAnswerError

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
FIRST_COLUMN = b"step,"
NAMES = {
    "train_accuracy": "train_mean_token_accuracy",
    "valid_accuracy": "valid_mean_token_accuracy",
}


def decode_result(raw: bytes) -> bytes:
    """Return the CSV inside a result file.

    OpenAI serves it base64-encoded since late 2023, Azure plain, some with a byte order mark.

    Raises:
        ProviderAnswerError: it is neither.
    """
    content = raw.strip().removeprefix(BYTE_ORDER_MARK)
    if content.startswith(FIRST_COLUMN):
        return content
    try:
        decoded = base64.b64decode(content, validate=True).strip().removeprefix(BYTE_ORDER_MARK)
    except (binascii.Error, ValueError) as error:
        raise ProviderAnswerError("The result file is neither CSV nor base64.") from error
    if not decoded.startswith(FIRST_COLUMN):
        raise ProviderAnswerError("The result file does not begin with the column step.")
    return decoded


def parse_result(raw: bytes) -> ResultFile:
    """Read a result file with pandas.

    Raises:
        ProviderAnswerError: it is not a table of numbers with a column ``step``.
    """
    import pandas as pd  # noqa: PLC0415  # only where a result file is read

    content = decode_result(raw)
    try:
        table = pd.read_csv(io.BytesIO(content)).apply(pd.to_numeric, errors="raise")
        long = table.melt(id_vars="step", var_name="name", value_name="value").dropna()
        metrics = tuple(
            (int(step), NAMES.get(str(name), str(name)), float(value))
            for step, name, value in long.itertuples(index=False)
        )
        text = content.decode()
    except (ValueError, KeyError, TypeError) as error:
        raise ProviderAnswerError("The result file is not a table of numbers.") from error
    return ResultFile(csv=text, metrics=metrics)
