"""Django's settings, made from :mod:`rickproject.config`."""

import importlib.util
import secrets
from datetime import timedelta
from pathlib import Path

import dj_database_url
import django_stubs_ext
from csp.constants import NONE, SELF

from rickproject import logs, mail_server
from rickproject.accounts import configuration
from rickproject.broker import cache_url, queue_url
from rickproject.config import ROOT, get_config
from rickproject.lib.secret_files import read_or_make

django_stubs_ext.monkeypatch()  # lets admin classes name their model, as mypy wants

config = get_config()
VAR_DIR = config.var_dir
VAR_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)  # what is in it is nobody else's business


# Made at the first start, mode 600, and the same for every process.
SECRET_KEY = (
    config.secret_key.get_secret_value()
    if config.secret_key
    else read_or_make(VAR_DIR / "secrets" / "django-secret-key", lambda: secrets.token_urlsafe(64))
)
DEBUG = config.debug
ALLOWED_HOSTS = config.allowed_hosts

INSTALLED_APPS = [
    "rickproject",
    "curation",
    "training",
    *configuration.apps(config),
    "rickproject.audited_admin.AuditedAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "csp",
    "django_htmx",
    "template_partials",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "rickproject.accounts.logins.SeenMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "rickproject.accounts.requirement.SecondStepMiddleware",
    "rickproject.middleware.PersonMiddleware",
    "rickproject.middleware.PrivatePagesMiddleware",
    "rickproject.middleware.LimitsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "rickproject.urls"
FORM_RENDERER = "rickproject.forms.Renderer"
CSRF_FAILURE_VIEW = "rickproject.pages.csrf_failure"
ASGI_APPLICATION = "rickproject.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["template_partials.templatetags.partials"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "rickproject.frame.frame",
            ],
        },
    }
]

SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
        "PRAGMA busy_timeout=20000; PRAGMA foreign_keys=ON;"
    ),
}

if config.database_url:
    DATABASES = {"default": dj_database_url.parse(config.database_url)}
    if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
        DATABASES["default"]["ENGINE"] = "rickproject.postgresql"  # prepares what it is asked often
        DATABASES["default"].setdefault("OPTIONS", {}).setdefault("prepare_threshold", 2)
else:
    DATABASES = {
        "default": {
            "ENGINE": "rickproject.sqlite3",
            "NAME": str(VAR_DIR / "rickproject.sqlite3"),
            "OPTIONS": SQLITE_OPTIONS,
        }
    }
DATABASES["default"]["CONN_MAX_AGE"] = 60  # of rickproject.request_threads, and of workers
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
    )
]
SESSION_ENGINE = "rickproject.sessions"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
globals().update(configuration.settings(config))

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True, mode=0o700)  # WhiteNoise warns where it is missing
STATICFILES_DIRS: list[tuple[str, Path]] = []
_uplot = importlib.util.find_spec("uplot")  # the charts' script, from an installed package
if _uplot and _uplot.submodule_search_locations:
    STATICFILES_DIRS.append(("vendor/uplot", Path(_uplot.submodule_search_locations[0]) / "static"))
WHITENOISE_USE_FINDERS = True

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF, *configuration.issuer_origins(config)],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = config.https
SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())
if config.https:
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds())
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # asked on the inside, over plain HTTP
    # Subdomains and browsers' preload lists are the operator's to decide, at the proxy.
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
if config.trusted_proxy:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Uploads are streamed to disk from the first megabyte on.
FILE_UPLOAD_HANDLERS = [
    "rickproject.uploads.LimitUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_TEMP_DIR = VAR_DIR / "tmp"
FILE_UPLOAD_TEMP_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# Links in mail carry tokens: what is kept in a file is its owner's only, as is all of var/.
globals().update(mail_server.settings(config.email_url, folder=VAR_DIR / "mail"))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = config.email_from

# A database of its own beside the queue's; limits count in it, across all web processes.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": cache_url(config.redis_url, VAR_DIR),
        "KEY_PREFIX": "rick",
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
    }
}

# Names and reasons: docs/adr/0003-work-in-the-background.md.
QUEUES = ("default", "export", "training")
HEARTBEAT_SECONDS = 15
CELERY_BROKER_URL = queue_url(config.redis_url, VAR_DIR)
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": config.task_redelivery_seconds,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 30,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 25,
}
CELERY_TASK_PUBLISH_RETRY = False  # the row stays queued and the sweeper sends it again
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = True
CELERY_TIMEZONE = "UTC"
CELERY_TASK_ROUTES = {
    "curation.build_dataset": {"queue": "export"},
    "curation.export_dataset": {"queue": "export"},
    "curation.check_script": {"queue": "export"},
    "curation.import_script": {"queue": "export"},
    "curation.clear_script": {"queue": "export"},
    "training.advance_local_job": {"queue": "training"},
}
CELERY_BEAT_SCHEDULER = "rickproject.schedule:Scheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5

LOGGING = logs.settings(level=config.log_level)
