"""Install what local training needs: torch, transformers, peft, trl and their kin.

Run with ``python -m rickproject.install_trainer``. The CPU build of torch is taken unless
``nvidia-smi -L`` lists a GPU; the build for CUDA is several gigabytes. Packages that the hashed
lock has already installed keep their versions.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

CONSTRAINTS = Path(__file__).resolve().parent.parent / "constraints-trainer.txt"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
INDEX_TIMEOUT_SECONDS = "10"
# Made by venv, not by the lock: torch may want newer ones.
UNLOCKED = frozenset({"pip", "setuptools", "wheel"})


def wanted_versions() -> dict[str, str]:
    """Return the packages of the training step and their versions."""
    lines = CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    pins = (line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    return {name.strip(): version.strip() for name, version in pins}


def missing_packages() -> list[str]:
    """Return the packages of the training step that are absent or have another version."""
    return [name for name, version in wanted_versions().items() if not _has(name, version)]


def has_nvidia_gpu() -> bool:
    """Say whether ``nvidia-smi -L`` lists a GPU."""
    command = shutil.which("nvidia-smi")
    if command is None:
        return False
    answer = subprocess.run([command, "-L"], capture_output=True, text=True, check=False)  # noqa: S603
    return answer.returncode == 0 and "GPU" in answer.stdout


def torch_attempts(version: str, *, gpu: bool, index_url: str) -> Iterator[tuple[str, list[str]]]:
    """Yield what to tell and what to hand to ``pip install``, the best build first.

    Without a GPU the CPU build is looked for among the configured package sources, then in
    PyTorch's own CPU index; the ordinary build is the last resort.
    """
    plain = [f"torch=={version}"]
    if gpu:
        yield "an NVIDIA GPU is present: the CUDA build of torch", plain
        return
    if sys.platform == "linux":
        yield "no NVIDIA GPU: the CPU build of torch", [f"torch=={version}+cpu"]
        index = ["--index-url", index_url, "--timeout", INDEX_TIMEOUT_SECONDS, "--retries", "1"]
        yield f"no NVIDIA GPU: the CPU build of torch from {index_url}", [*plain, *index]
        yield "the CPU build was not found: the ordinary build of torch (large)", plain
        return
    yield "torch for this system", plain


def install(run_pip: Callable[[list[str]], int], *, say: Callable[[str], None] = print) -> int:
    """Install the training step; return 0, or 1 when it could not be installed."""
    missing = missing_packages()
    if not missing:
        say("Local training: already installed.")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        locked = Path(folder) / "installed.txt"
        locked.write_text("\n".join(_installed_pins(except_for=missing)), encoding="utf-8")
        keep = ["-c", str(locked)]
        if "torch" in missing and not _install_torch(run_pip, keep, say):
            return 1
        say("Local training: transformers, peft, trl, datasets, accelerate, bitsandbytes")
        return int(run_pip(["-c", str(CONSTRAINTS), *keep, *sorted(set(missing) - {"torch"})]) != 0)


def main() -> int:
    """Install with the pip of this interpreter; say in one line what to do when that fails."""
    code = install(_run_pip)
    if code:
        print(  # noqa: T201
            "Local training could not be installed (see pip's message above). Everything else "
            "works; try again with `make trainer`, or set TORCH_INDEX_URL to a package index "
            "that has torch.",
            file=sys.stderr,
        )
    return code


def _install_torch(
    run_pip: Callable[[list[str]], int], keep: list[str], say: Callable[[str], None]
) -> bool:
    index_url = os.environ.get("TORCH_INDEX_URL", CPU_INDEX)
    version = wanted_versions()["torch"]
    for sentence, arguments in torch_attempts(version, gpu=has_nvidia_gpu(), index_url=index_url):
        say(f"Local training: {sentence}")
        if run_pip([*keep, *arguments]) == 0:
            return True
    return False


def _run_pip(arguments: list[str]) -> int:
    command = [sys.executable, "-m", "pip", "install", "--quiet", *arguments]
    return subprocess.run(command, check=False).returncode  # noqa: S603


def _has(name: str, version: str) -> bool:
    try:
        return metadata.version(name).split("+")[0] == version
    except metadata.PackageNotFoundError:
        return False


def _installed_pins(*, except_for: list[str]) -> list[str]:
    pins = {dist.metadata["Name"]: dist.version for dist in metadata.distributions()}
    free = UNLOCKED.union(except_for)
    return [f"{name}=={version}" for name, version in pins.items() if name not in free]


if __name__ == "__main__":
    raise SystemExit(main())
