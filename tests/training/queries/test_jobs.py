"""What a job's page says in words."""

import math

import pytest

from training.enums import JobState
from training.models import FineTuneJob
from training.queries.jobs import Curves, job_settings, loss_sentences, status_sentence


def curves(values: dict[int, float | None]) -> Curves:
    return Curves(list(values), {"full_valid_loss": list(values.values())})


def test_loss_sentences_compare_the_best_step_with_the_base_model() -> None:
    words, meaning = loss_sentences(curves({0: 2.5, 5: None, 10: 2.0, 20: 2.2}), 10)
    assert "is 2.000 at step 10, 20.0% less than the base model’s 2.500" in words
    assert f"perplexity {math.exp(2):.1f}" in meaning


def test_loss_sentences_say_when_it_got_worse() -> None:
    words, _ = loss_sentences(curves({0: 2.0, 10: 2.5}), None)
    assert "is 2.500 at step 10, 25.0% more than" in words


@pytest.mark.parametrize(("values", "best"), [({7: 1.5}, 7), ({7: 1.5}, 3)])
def test_loss_sentences_without_the_base_name_the_step_alone(
    values: dict[int, float | None], best: int
) -> None:
    words, _ = loss_sentences(curves(values), best)
    assert words == "On the held-out dialogues the loss is 1.500 at step 7."


def test_loss_sentences_are_none_before_anything_is_measured() -> None:
    assert loss_sentences(Curves([], {}), None) == []


def test_job_settings_put_what_the_provider_chooses_into_one_row() -> None:
    job = FineTuneJob(provider="openai", hyperparameters={"n_epochs": 3})
    assert job_settings(job) == [
        ("Learns from", "the approved records"),
        ("Epochs", "3"),
        ("Chosen there", "Batch size, Learning rate multiplier"),
    ]


def test_warning_sentences_count_the_days_until_a_provider_closes() -> None:
    from dataclasses import replace
    from datetime import timedelta

    from django.utils import timezone

    from training.providers.capabilities import OPENAI_ROW
    from training.queries.jobs import warning_sentences

    today = timezone.now().date()
    for days, words in ((44, "44 days from now"), (1, "1 day from now"), (0, "today"), (-2, "ago")):
        row = replace(OPENAI_ROW, last_job_on=today + timedelta(days=days))
        assert any(words in sentence for sentence in warning_sentences(row, "gpt"))


def test_loss_sentences_of_pairs_are_about_pairs() -> None:
    words, meaning = loss_sentences(curves({10: 0.5}), 10, objective="dpo")
    assert words == "On the held-out dialogues the loss is 0.500 at step 10."
    assert "0.693 is a coin toss" in meaning


@pytest.mark.parametrize(
    ("provider", "words"),
    [("local", "step 4 was kept"), ("openai", "the validation loss was lowest at step 4")],
)
def test_only_a_local_job_keeps_its_best_step(provider: str, words: str) -> None:
    job = FineTuneJob(provider=provider, state=JobState.SUCCEEDED, step=6, best_step=4)
    assert status_sentence(job) == f"Finished after 6 steps; {words}."
