"""Settings as an operator sets them, in processes of their own."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# Set for the tests, not by an operator.
TESTS_ONLY = {"DATABASE_URL", "DJANGO_ALLOW_ASYNC_UNSAFE"}
READ = (
    "import json; from rickproject import settings as s; print(json.dumps({n: getattr(s, n, None) "
    "for n in ['SECRET_KEY', 'DATABASES', 'CACHES', 'CELERY_BROKER_URL', 'SESSION_COOKIE_NAME', "
    "'SESSION_COOKIE_SECURE', 'SECURE_SSL_REDIRECT', 'SECURE_PROXY_SSL_HEADER', "
    "'DATA_UPLOAD_MAX_MEMORY_SIZE']}, default=str))"
)


def run(var_dir: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    ours = {name: value for name, value in os.environ.items() if name not in TESTS_ONLY}
    environment = {**ours, "RICK_VAR_DIR": str(var_dir), **variables}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def read(var_dir: Path, **variables: str) -> dict[str, object]:
    done = run(var_dir, "-c", READ, **variables)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_settings_make_a_secret_key_once_and_keep_it_private(tmp_path: Path) -> None:
    first, second = read(tmp_path), read(tmp_path)
    path = tmp_path / "secrets" / "django-secret-key"
    assert first["SECRET_KEY"] == second["SECRET_KEY"] == path.read_text()
    assert len(path.read_text()) >= 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_settings_keep_the_data_folder_to_its_owner(tmp_path: Path) -> None:
    read(tmp_path / "var")
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700


def test_settings_use_sqlite_and_the_embedded_broker_by_default(tmp_path: Path) -> None:
    settings = read(tmp_path)
    database = settings["DATABASES"]["default"]
    assert database["ENGINE"] == "rickproject.sqlite3"
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in database["OPTIONS"]["init_command"]
    assert not database.get("ATOMIC_REQUESTS")
    assert settings["CELERY_BROKER_URL"].startswith("redis://:")
    assert "@127.0.0.1:" in settings["CELERY_BROKER_URL"]


def test_settings_switch_to_the_team_profile_by_two_variables(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        DATABASE_URL="postgresql://rick:pw@db.example.org/rick?sslmode=require",
        REDIS_URL="rediss://:pw@queue.example.org:6379/2",
    )
    database = settings["DATABASES"]["default"]
    assert database["ENGINE"] == "rickproject.postgresql"
    assert database["OPTIONS"] == {"sslmode": "require", "prepare_threshold": 2}
    assert (database["CONN_MAX_AGE"], database["CONN_HEALTH_CHECKS"]) == (60, True)
    assert settings["CELERY_BROKER_URL"] == "rediss://:pw@queue.example.org:6379/2"
    location = settings["CACHES"]["default"]["LOCATION"]
    assert location == "rediss://:pw@queue.example.org:6379/3"


def test_settings_pass_djangos_deployment_checks_behind_https(tmp_path: Path) -> None:
    public = {"RICK_HTTPS": "true", "RICK_HOSTS": "rick.example.org", "RICK_TRUSTED_PROXY": "true"}
    done = run(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING", **public)
    assert done.returncode == 0, done.stderr
    settings = read(tmp_path, **public)
    assert settings["SESSION_COOKIE_NAME"] == "__Host-sessionid"
    assert settings["SESSION_COOKIE_SECURE"]
    assert settings["SECURE_SSL_REDIRECT"]
    assert settings["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]


def test_settings_refuse_unsafe_values_with_one_line(tmp_path: Path) -> None:
    done = run(tmp_path, "manage.py", "check", RICK_DEBUG="1", RICK_HOSTS="rick.example.org")
    assert done.returncode == 1
    assert done.stderr.startswith("rickproject cannot start: RICK_DEBUG")
    assert len(done.stderr.strip().splitlines()) == 1
