import pytest

from rickproject.lib.byte_ranges import UnsatisfiableRangeError, wanted_range


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", None),
        ("bytes=0-9", (0, 10)),
        ("bytes=90-", (90, 10)),
        ("bytes=90-500", (90, 10)),
        ("bytes=-5", (95, 5)),
        ("bytes=-500", (0, 100)),
        ("bytes=0-1,5-6", None),
        ("bytes=9-1", None),
        ("bytes=-", None),
        ("lines=0-1", None),
    ],
)
def test_wanted_range_reads_one_range(header: str, expected: tuple[int, int] | None) -> None:
    assert wanted_range({"Range": header}, size=100, etag='"a"') == expected


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=-0"])
def test_wanted_range_refuses_what_lies_behind_the_end(header: str) -> None:
    with pytest.raises(UnsatisfiableRangeError):
        wanted_range({"Range": header}, size=100, etag='"a"')


def test_wanted_range_takes_the_whole_of_a_file_that_is_another_by_now() -> None:
    headers = {"Range": "bytes=5-", "If-Range": '"b"'}
    assert wanted_range(headers, size=100, etag='"a"') is None
    assert wanted_range(headers, size=100, etag='"b"') == (5, 95)
