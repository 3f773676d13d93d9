"""Script bases: built once for the same script and recipe, kept, shared by jobs."""

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from training.trainer import files
from training.trainer.errors import JobLockedError, TrainerError
from training.trainer.pretraining import Trained, epochs_for, pretrain
from training.trainer.records import ScriptLine
from training.trainer.spec import MODEL_SIZES, BaseSpec

RECIPE = 3  # raise it when pretraining.py, tokenizer.py or windows.py would build another model
FEWEST_LINES = 20
SHORTEST_CONTEXT = 256
MANIFEST = "base.json"
PACKAGES = ("torch", "transformers", "tokenizers")


@dataclass(frozen=True)
class Hooks:
    """What building tells and asks: all may raise to stop.

    Attributes:
        on_wait: called about twice a second while another job builds the same base.
        on_step: share done (0 to 1), last loss.
        on_epoch: epochs done, mean loss of the last one.
    """

    on_wait: Callable[[], None]
    on_step: Callable[[float, float], None]
    on_epoch: Callable[[int, float], None]


@dataclass(frozen=True)
class ScriptBase:
    """A built base on the disk.

    Attributes:
        context_tokens: the longest text it has seen whole, at least 256; beyond that it
            talks nonsense, whatever its configuration allows.
    """

    key: str
    directory: Path
    context_tokens: int
    reused: bool


def base_key(lines: Sequence[ScriptLine], *, base: BaseSpec, seed: int) -> str:
    """Name a base by all that decides its weights."""
    facts = {
        "recipe": RECIPE,
        "lines": [asdict(line) for line in lines],
        "templates": [base.system_template, base.speaker_template, base.joins_with],
        "played_by_adapter": base.played_by_adapter,
        "model": MODEL_SIZES[base.size],
        "epochs": epochs_for(base, len(lines)),
        "seed": seed,
        "versions": {name: version(name) for name in PACKAGES},
    }
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def obtain_script_base(
    lines: Sequence[ScriptLine], *, base: BaseSpec, seed: int, hooks: Hooks
) -> ScriptBase:
    """Return the base for this script, building it unless it is there.

    Of several jobs that want the same base one builds and the others wait; if the builder dies,
    the next one goes on from its last whole epoch.

    Raises:
        TrainerError: code ``script_too_short``.
    """
    if len(lines) < FEWEST_LINES:
        raise TrainerError(
            "script_too_short",
            f"The script has {len(lines)} lines outside the held-out scenes; a model of its own "
            f"needs at least {FEWEST_LINES}.",
        )
    key = base_key(lines, base=base, seed=seed)
    directory = Path(base.cache_dir) / key
    while not (directory / MANIFEST).exists():
        try:
            with files.locked(Path(base.cache_dir) / f".{key}.lock"):
                if not (directory / MANIFEST).exists():
                    return _build(lines, base=base, seed=seed, key=key, hooks=hooks)
        except JobLockedError:
            hooks.on_wait()
            time.sleep(0.5)
    return _read(directory, reused=True)


def copy_tokenizer(base: ScriptBase, target: Path) -> None:
    """Copy what is needed to count tokens; nothing of it needs torch to be read."""
    target.mkdir(parents=True, exist_ok=True)
    for name in ("tokenizer_config.json", "chat_template.jinja", "tokenizer.json"):
        beside = target / f".{name}.tmp"
        shutil.copyfile(base.directory / name, beside)
        beside.replace(target / name)


def _build(
    lines: Sequence[ScriptLine], *, base: BaseSpec, seed: int, key: str, hooks: Hooks
) -> ScriptBase:
    cache = Path(base.cache_dir)
    state = cache / f".{key}.state.pt"
    started = time.monotonic()
    trained = pretrain(
        lines,
        base=base,
        seed=seed,
        state_file=state,
        on_step=hooks.on_step,
        on_epoch=hooks.on_epoch,
    )
    beside = cache / f".{key}.building"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    trained.model.save_pretrained(beside)
    trained.tokenizer.save_pretrained(beside)
    manifest = _manifest(trained, lines=len(lines), key=key, base=base, seed=seed)
    manifest["seconds"] = round(time.monotonic() - started, 1)
    files.write_json(beside / MANIFEST, manifest)
    for path in beside.iterdir():
        path.chmod(0o644)
    beside.chmod(0o755)
    beside.rename(cache / key)
    state.unlink(missing_ok=True)
    return _read(cache / key, reused=False)


def _manifest(
    trained: Trained, *, lines: int, key: str, base: BaseSpec, seed: int
) -> dict[str, object]:
    return {
        "key": key,
        "lines": lines,
        "size": base.size,
        "seed": seed,
        "epochs": len(trained.losses),
        "losses": [round(loss, 4) for loss in trained.losses],
        "tokens": trained.tokens,
        "parameters": trained.model.num_parameters(),
        "context_tokens": max(SHORTEST_CONTEXT, trained.longest),
        "versions": {name: version(name) for name in PACKAGES},
    }


def _read(directory: Path, *, reused: bool) -> ScriptBase:
    manifest = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
    return ScriptBase(directory.name, directory, int(manifest["context_tokens"]), reused)
