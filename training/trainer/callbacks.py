"""Bridge between the trainer's callbacks and our events, heartbeat and stop requests."""

import resource
import sys
import time
from typing import Any

from training.trainer.files import Outcome
from training.trainer.journal import EventLog, Heartbeat, StopRequest
from training.trainer.spread import agree

TRAIN_NAMES = {
    "loss": "train_loss",
    "mean_token_accuracy": "train_mean_token_accuracy",
    "learning_rate": "learning_rate",
    "grad_norm": "grad_norm",
    "epoch": "epoch",
    "entropy": "entropy",
    "rewards/accuracies": "reward_accuracy",
    "rewards/margins": "reward_margin",
}
VALID_NAMES = {
    "eval_loss": "full_valid_loss",
    "eval_mean_token_accuracy": "full_valid_mean_token_accuracy",
    "eval_rewards/accuracies": "full_valid_reward_accuracy",
    "eval_rewards/margins": "full_valid_reward_margin",
    "epoch": "epoch",
}


def memory_mb() -> float:
    """Return the most memory this process has held, in MB (of the graphics card if it has one)."""
    torch: Any = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        return round(float(torch.cuda.max_memory_allocated()) / 1e6, 1)
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(kilobytes / 1024, 1)


def make_callback(
    *, events: EventLog, heartbeat: Heartbeat, stop: StopRequest, tokens_before: int
) -> Any:
    """Return the callback of the adapter stage.

    Args:
        tokens_before: seen by the steps that a resumed trainer does not repeat.
    """
    from transformers import TrainerCallback  # noqa: PLC0415

    class Reporter(TrainerCallback):  # type: ignore[misc, unused-ignore]
        """Writes one event per logged row and stops when asked."""

        stopped: Outcome | None = None
        tokens = tokens_before

        def __init__(self) -> None:
            self._clock = _Clock()

        def on_train_begin(self, _args: Any, state: Any, _control: Any, **_: Any) -> None:
            self._clock.start(step=state.global_step, tokens=self.tokens)

        def on_log(self, _args: Any, state: Any, _control: Any, logs: Any = None, **_: Any) -> None:
            logs = logs or {}
            if "loss" in logs:
                self.tokens = tokens_before + int(logs.get("num_tokens", 0))
                rate = self._clock.tokens_per_second(self.tokens)
                _write_training(events, state, logs, tokens=self.tokens, tokens_per_second=rate)
            elif "eval_loss" in logs:
                _write_validation(events, state, logs)

        def on_step_end(self, _args: Any, state: Any, control: Any, **_: Any) -> Any:
            heartbeat.beat(
                stage="adapter",
                step=state.global_step,
                total=state.max_steps,
                eta=self._clock.remaining(state.global_step, state.max_steps),
            )
            asked = agree(stop.outcome())
            if asked and state.global_step < state.max_steps:
                self.stopped = asked
                control.should_training_stop = True
                # At the end of an epoch the trainer judges and saves by itself; a checkpoint
                # before that would leave the judgement out for whoever goes on from it.
                control.should_save = not _is_whole_epoch(state)
            return control

        def on_epoch_end(self, _args: Any, state: Any, control: Any, **_: Any) -> Any:
            # The trainer takes any stop for the end of an epoch. Judging there would add a figure,
            # use up patience, and draw from the random state that was just saved.
            if self.stopped and not _is_whole_epoch(state):
                control.should_evaluate = control.should_save = False
            return control

    return Reporter()


def _write_training(
    events: EventLog, state: Any, logs: dict[str, Any], *, tokens: int, tokens_per_second: float
) -> None:
    step, total = state.global_step, state.max_steps
    events.metrics(
        f"step-{step:07d}-train",
        f"Step {step}/{total}: training loss {logs['loss']:.3f}",
        step=step,
        total_steps=total,
        **_renamed(logs, TRAIN_NAMES),
        num_tokens=tokens,
        tokens_per_second=tokens_per_second,
        memory_mb=memory_mb(),
    )


def _write_validation(events: EventLog, state: Any, logs: dict[str, Any]) -> None:
    step, total = state.global_step, state.max_steps
    events.metrics(
        f"step-{step:07d}-valid",
        f"Step {step}/{total}: validation loss {logs['eval_loss']:.3f}",
        step=step,
        total_steps=total,
        **_renamed(logs, VALID_NAMES),
    )


class _Clock:
    """Seconds per step and tokens per second since training began in this process."""

    def __init__(self) -> None:
        self.start(step=0, tokens=0)

    def start(self, *, step: int, tokens: int) -> None:
        self._began = self._last = time.monotonic()
        self._first_step, self._tokens = step, tokens

    def remaining(self, step: int, total: int) -> float | None:
        done = step - self._first_step
        if done <= 0:
            return None
        return (time.monotonic() - self._began) / done * (total - step)

    def tokens_per_second(self, tokens: int) -> float:
        now = time.monotonic()
        rate = (tokens - self._tokens) / max(now - self._last, 1e-6)
        self._last, self._tokens = now, tokens
        return round(rate, 1)


def _is_whole_epoch(state: Any) -> bool:
    return float(state.epoch).is_integer()


def _renamed(logs: dict[str, Any], names: dict[str, str]) -> dict[str, float]:
    return {new: float(logs[old]) for old, new in names.items() if old in logs}
