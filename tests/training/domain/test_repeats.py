import pytest

from tests.factories import FineTuneJobFactory
from training.domain.repeats import repeat_sentence
from training.enums import JobState
from training.trainer.job import package_versions

pytestmark = pytest.mark.django_db


def test_repeat_sentence_says_that_the_figures_stay_with_the_same_libraries() -> None:
    job = FineTuneJobFactory(
        provider="local", state=JobState.SUCCEEDED, library_versions=package_versions()
    )
    assert "so the figures are to be the same" in repeat_sentence(job)


def test_repeat_sentence_names_the_libraries_that_are_others_now() -> None:
    versions = {"torch": "0.1", "left-pad": "1.0"}
    job = FineTuneJobFactory(provider="local", state=JobState.SUCCEEDED, library_versions=versions)
    here = package_versions().get("torch", "not installed")
    assert f"left-pad 1.0, now not installed; torch 0.1, now {here}" in repeat_sentence(job)


def test_repeat_sentence_promises_nothing_of_a_provider_or_of_an_old_job() -> None:
    remote = FineTuneJobFactory(provider="openai", state=JobState.SUCCEEDED)
    assert "other random numbers" in repeat_sentence(remote)
    old = FineTuneJobFactory(provider="local", state=JobState.SUCCEEDED)
    assert repeat_sentence(old).endswith("settings and seed.")
