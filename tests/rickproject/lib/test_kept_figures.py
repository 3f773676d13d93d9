"""Figures are worked out once for the same rows, and anew where the cache is gone."""

from django.test.utils import override_settings

from rickproject.lib.kept_figures import kept

GONE = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": "redis://127.0.0.1:9/0",
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
    }
}


def test_figures_are_worked_out_once_for_the_same_rows() -> None:
    asked: list[int] = []

    def work_out() -> int:
        asked.append(1)
        return len(asked)

    rows = [(1, 2), (3, 4)]
    assert [kept("sum", rows, work_out) for _ in range(3)] == [1, 1, 1]
    assert kept("sum", [(1, 2), (3, 5)], work_out) == 2
    assert kept("mean", rows, work_out) == 3
    assert kept("sum", rows, work_out) == 1


def test_figures_are_there_without_a_cache() -> None:
    with override_settings(CACHES=GONE):
        assert [kept("sum", [1], lambda: 7) for _ in range(2)] == [7, 7]
