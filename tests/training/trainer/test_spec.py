from typing import Any

import pytest

from tests.training.trainer.toy import JOB
from training.trainer.errors import TrainerError
from training.trainer.spec import DEFAULTS, JobSpec

SCRIPT = {"kind": "script", "cache_dir": "/bases"}


def spec(**fields: Any) -> JobSpec:
    return JobSpec.parse({"job": JOB, "base": SCRIPT, **fields})


def test_spec_resolves_auto_to_the_defaults_of_the_kind() -> None:
    chosen = spec(hyperparameters={"n_epochs": "auto", "batch_size": None, "lora_r": 8})
    assert chosen.hyperparameters.n_epochs == DEFAULTS["script"]["n_epochs"]
    assert chosen.hyperparameters.batch_size == DEFAULTS["script"]["batch_size"]
    assert chosen.hyperparameters.lora_r == 8


def test_spec_takes_smaller_steps_for_full_training() -> None:
    full = spec(hyperparameters={"method": "full"}).hyperparameters
    told = spec(hyperparameters={"method": "full", "learning_rate": 0.5}).hyperparameters
    assert full.learning_rate < DEFAULTS["script"]["learning_rate"]
    assert told.learning_rate == 0.5


def test_spec_survives_being_written_and_read() -> None:
    chosen = spec(seed=5, threads=2, owner_pid=99)
    assert JobSpec.parse(chosen.as_json()) == chosen


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"job": "x"}, "UUID"),
        ({"base": {"kind": "magic"}}, "script"),
        ({"base": {"kind": "script"}}, "cache_dir"),
        ({"base": {**SCRIPT, "system_template": "You are {name}."}}, "{character}"),
        ({"base": {**SCRIPT, "speaker_template": "{speaker"}}, "{speaker}"),
        ({"base": {**SCRIPT, "size": "huge"}}, "tiny"),
        ({"hyperparameters": {"epochs": 3}}, "n_epochs"),
        ({"hyperparameters": {"n_epochs": 0}}, "from 1 to 100"),
        ({"hyperparameters": {"n_epochs": 1.5}}, "whole number"),
        ({"hyperparameters": {"learning_rate": True}}, "a number"),
        ({"hyperparameters": {"method": "magic"}}, "lora, qlora, full"),
        ({"seed": -1}, "seed"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_spec_names_what_is_wrong(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(TrainerError, match=words) as caught:
        spec(**fields)
    assert caught.value.code == "bad_spec"
