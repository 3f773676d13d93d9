"""Which token is drawn, on chances worked out by hand."""

import math
from collections import Counter

import pytest

from training.serving.decoding import Row, Sampling, choose_token, new_generator

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")
CHANCES = (0.5, 0.3, 0.15, 0.05)


def drawn(sampling: Sampling, *, written: set[int] | None = None) -> Counter[int]:
    scores = torch.tensor([math.log(chance) for chance in CHANCES])
    generator = new_generator(1)
    counts: Counter[int] = Counter()
    for _ in range(400):
        row = Row([0], sampling, generator, written=set(written or ()))
        counts[choose_token(scores, row)] += 1
    return counts


@pytest.mark.parametrize(
    ("sampling", "possible"),
    [
        (Sampling(), {0, 1, 2, 3}),
        (Sampling(temperature=0), {0}),
        (Sampling(top_p=0.5), {0}),
        (Sampling(top_p=0.6), {0, 1}),
        (Sampling(min_p=0.2), {0, 1, 2}),
        (Sampling(min_p=0.5), {0, 1}),
        (Sampling(min_p=1.0), {0}),
        (Sampling(min_p=0.2, top_p=0.8), {0, 1}),  # of the 0.95 that min_p leaves
    ],
    ids=str,
)
def test_choose_token_draws_only_from_what_is_left(sampling: Sampling, possible: set[int]) -> None:
    assert set(drawn(sampling)) == possible


def test_choose_token_penalises_what_the_reply_has() -> None:
    greedy = Sampling(temperature=0, repetition_penalty=2.0)
    assert set(drawn(greedy)) == {0}
    # log 0.5 * 2 = log 0.25, which is below log 0.3
    assert set(drawn(greedy, written={0})) == {1}
    assert set(drawn(greedy, written={0, 1})) == {0}  # 0.25, 0.09, 0.15


def test_choose_token_remembers_what_it_drew() -> None:
    row = Row([0], Sampling(temperature=0, repetition_penalty=2.0), new_generator(1))
    scores = torch.tensor([math.log(chance) for chance in CHANCES])
    assert [choose_token(scores, row) for _ in range(3)] == [0, 1, 0]
