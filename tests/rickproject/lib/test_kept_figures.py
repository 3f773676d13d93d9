"""Figures are worked out once for the same rows, and anew where the cache is gone."""

from django.test.utils import override_settings

from rickproject.lib.kept_figures import kept_each

GONE = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": "redis://127.0.0.1:9/0",
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
    }
}


def test_only_what_changed_is_worked_out_again() -> None:
    asked: list[list[str]] = []

    def work_out(keys: list[str]) -> dict[str, int | None]:
        asked.append(keys)
        return {key: len(asked) if key != "none" else None for key in keys}

    rows = {"a": [(1, 2)], "none": [(3, 4)]}
    for _ in range(2):
        assert kept_each("sum", rows, work_out) == {"a": 1, "none": None}
    assert kept_each("sum", rows | {"a": [(1, 3)], "b": [5]}, work_out) == {
        "a": 2,
        "none": None,
        "b": 2,
    }
    assert asked == [["a", "none"], ["a", "b"]]
    assert list(kept_each("sum", rows, work_out)) == ["a", "none"]  # the newest rows are kept
    assert asked[2:] == [["a"]]
    assert kept_each("mean", rows, work_out) == {"a": 4, "none": None}


def test_figures_are_there_without_a_cache() -> None:
    with override_settings(CACHES=GONE):
        for _ in range(2):
            assert kept_each("sum", {"a": [1]}, lambda keys: dict.fromkeys(keys, 7)) == {"a": 7}
