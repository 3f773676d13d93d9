"""Run every bench, each in a process of its own: ``python -m tests.bench [NAME...]``."""

import pkgutil
import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).parent


def main() -> int:
    """Run the named benches, or all; return how many failed."""
    names = sys.argv[1:] or sorted(
        module.name
        for module in pkgutil.iter_modules([str(FOLDER)])
        if module.name not in {"__main__", "site"}
    )
    failed = 0
    for name in names:
        begun = time.monotonic()
        print(f"== {name}", flush=True)
        failed += (
            subprocess.run([sys.executable, "-m", f"tests.bench.{name}"], check=False).returncode
            != 0
        )
        print(f"== {name} took {time.monotonic() - begun:.0f} s\n", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
