"""What a web process loads: the heavy libraries wait until a task needs them."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HEAVY = ("pandas", "numpy", "openai", "torch", "transformers", "tiktoken", "datasets")
LOAD = (
    "import sys, rickproject.asgi; from django.urls import get_resolver; "
    "get_resolver().url_patterns; print(' '.join(sys.modules))"
)


def test_web_process_loads_no_heavy_library() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOAD], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert [name for name in HEAVY if name in loaded] == []


def test_supervisor_and_guard_load_no_django() -> None:
    code = (
        "import sys, rickproject.supervisor.supervisor, rickproject.supervisor.guard; "
        "print(' '.join(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert {"django", "celery", "redis"} & set(done.stdout.split()) == set()
