from typing import Any

import pytest

from training.serving.protocol import RequestError, parse_request

HELLO = [{"role": "user", "content": "Hello"}]


def test_parse_request_reads_what_the_sdk_sends() -> None:
    request = parse_request(
        {
            "model": "vex",
            "messages": [
                {"role": "developer", "content": "You are Vex."},
                {
                    "role": "user",
                    "content": [{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}],
                },
            ],
            "stream": True,
            "stream_options": {"include_usage": True},
            "temperature": 0,
            "top_p": 0.5,
            "min_p": 0.1,
            "max_tokens": 9,
            "max_completion_tokens": 5,
            "seed": 3,
            "stop": "END",
        }
    )
    assert request.messages == (("system", "You are Vex."), ("user", "Hello"))
    assert (request.stream, request.include_usage) == (True, True)
    assert request.sampling == {"temperature": 0.0, "top_p": 0.5, "min_p": 0.1}
    assert request.max_tokens == 5
    assert (request.seed, request.stop) == (3, ("END",))


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"messages": HELLO}, "model"),
        ({"model": "vex", "messages": []}, "messages"),
        ({"model": "vex", "messages": [{"role": "tool", "content": "x"}]}, "messages[0]"),
        ({"model": "vex", "messages": [{"role": "user"}]}, "messages[0].content"),
        ({"model": "vex", "messages": HELLO, "temperature": 2.1}, "temperature"),
        ({"model": "vex", "messages": HELLO, "temperature": True}, "temperature"),
        ({"model": "vex", "messages": HELLO, "top_p": -1}, "top_p"),
        ({"model": "vex", "messages": HELLO, "min_p": 1.5}, "min_p"),
        ({"model": "vex", "messages": HELLO, "repetition_penalty": 0}, "repetition_penalty"),
        ({"model": "vex", "messages": HELLO, "max_tokens": 0}, "max_tokens"),
        ({"model": "vex", "messages": HELLO, "seed": 1.5}, "seed"),
        ({"model": "vex", "messages": HELLO, "stop": ["a"] * 5}, "stop"),
        ({"model": "vex", "messages": HELLO, "stop": [""]}, "stop"),
        ({"model": "vex", "messages": HELLO, "n": 2}, "n"),
        ({"model": "vex", "messages": HELLO, "tools": [{}]}, "tools"),
        ({"model": "vex", "messages": HELLO, "stream_options": [1]}, "stream_options"),
    ],
)
def test_parse_request_names_the_field_that_is_wrong(body: dict[str, Any], param: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse_request(body)
    error = caught.value.as_json()["error"]
    assert (caught.value.status, error["param"]) == (400, param)
    assert set(error) == {"message", "type", "param", "code"}
