"""The operator's settings: one typed object, read once from the environment."""

import base64
import difflib
import os
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]", "testserver"})
SHORTEST_SECRET_KEY = 50
FERNET_KEY_BYTES = 32
DATABASE_SCHEMES = frozenset({"postgres", "postgresql", "sqlite"})
BROKER_SCHEMES = frozenset({"redis", "rediss"})
EMAIL_SCHEMES = frozenset({"smtp", "smtps", "smtp+plain"})
# Read by the tests, not by the platform.
TEST_VARIABLES = frozenset({"RICK_TEST_DATABASE", "RICK_SCRIPTS_DIR", "RICK_REQUIRE_BROWSER"})


class ConfigError(Exception):
    """A setting is unknown, malformed or unsafe; the text says which and what to do."""


class Config(BaseSettings):
    """Every setting an operator may change; names are ``RICK_<NAME>`` unless an alias says else."""

    model_config = SettingsConfigDict(env_prefix="RICK_", extra="ignore", populate_by_name=True)

    var_dir: Path = Field(ROOT / "var", description="Folder for the database, files and logs.")
    debug: bool = Field(default=False, description="Show error details in pages. Never in public.")
    hosts: str = Field("localhost,127.0.0.1,[::1]", description="Host names served, with commas.")
    secret_key: SecretStr | None = Field(
        None, description="Signs sessions. Made at first start and kept in var/secrets if unset."
    )
    sealing_keys: SecretStr | None = Field(
        None,
        description="Seals what must be read again, such as keys of authenticator apps: Fernet "
        "keys with commas, newest first. Made at first start in var/secrets if unset.",
    )
    require_second_step: Literal["nobody", "staff", "everybody"] = Field(
        "nobody", description="Who must have a second step (TOTP) at login before anything opens."
    )
    account_log_days: int = Field(
        365,
        ge=1,
        description="How long logins and other events of accounts stay in the audit log. Steps of "
        "work stay as long as their project.",
    )
    https: bool = Field(default=False, description="Served over HTTPS: secure cookies and HSTS.")
    trusted_proxy: bool = Field(
        default=False, description="A proxy in front sets X-Forwarded-Proto and X-Forwarded-For."
    )

    database_url: str = Field(
        "", alias="DATABASE_URL", description="PostgreSQL address; SQLite in var/ if unset."
    )
    redis_url: str = Field(
        "", alias="REDIS_URL", description="Redis or Valkey address; an embedded Valkey if unset."
    )

    openai_api_key: SecretStr | None = Field(
        None, alias="OPENAI_API_KEY", description="Key of the fine-tuning and chat provider."
    )
    openai_base_url: str = Field(
        "https://api.openai.com/v1",
        alias="OPENAI_BASE_URL",
        description="Address of a server that speaks the OpenAI protocol.",
    )

    openai_webhook_secret: SecretStr | None = Field(
        None,
        alias="OPENAI_WEBHOOK_SECRET",
        description="Signing secret of that server's webhooks to /webhooks/openai/; none are taken "
        "if unset.",
    )
    provider_hosts: str = Field(
        "api.openai.com,*.openai.azure.com,api.tokenfactory.nebius.com",
        description="Hosts that provider connections in the admin may name, with commas: "
        "api.example.org, *.example.org, 10.0.0.5:8000.",
    )

    model_server_url: str = Field(
        "", description="Model server of a team, such as vLLM; the embedded one if unset."
    )
    model_server_key: SecretStr | None = Field(None, description="Key of that model server.")
    model_server_adapters: bool = Field(
        default=False,
        description="That model server is vLLM with LoRA: adapters trained here are registered "
        "there while it runs.",
    )
    model_server_folder: str = Field(
        "", description="Where that server sees this data folder; under the same path if unset."
    )
    model_memory_mib: int = Field(
        2048,
        ge=64,
        description="Memory, in MiB, for the weights of all models in the embedded model server.",
    )

    suggestion_url: str = Field(
        "",
        description="Server of the OpenAI protocol that suggests scenes and drafts notes, such as "
        "https://api.openai.com/v1 or the address of a model server of yours. Nothing asks a "
        "language model while it is unset.",
    )
    suggestion_key: SecretStr | None = Field(
        None, description="Key of that server; none is sent if unset."
    )
    suggestion_model: str = Field("", description="Name of the model it is asked for.")
    suggestion_budget_usd: Decimal | None = Field(
        None,
        ge=0,
        description="What a project's suggestions of language models may cost in 30 days, in US "
        "dollars. With it, a model without a price is not asked.",
    )
    suggestion_tokens: int = Field(
        2_000_000,
        ge=0,
        description="How many tokens a project's suggestions of language models may take in 30 "
        "days, read and written together.",
    )

    oidc_issuer: str = Field(
        "",
        description="OpenID Connect: the issuer's address, such as https://login.example.org. "
        "With it, people may log in there.",
    )
    oidc_client_id: str = Field("", description="OpenID Connect: this site's id at the issuer.")
    oidc_client_secret: SecretStr | None = Field(
        None, description="OpenID Connect: this site's secret at the issuer."
    )
    oidc_name: str = Field(
        "Single sign-on", description="OpenID Connect: what the login page calls the issuer."
    )
    oidc_hosts: str = Field(
        "",
        description="OpenID Connect: further hosts that the issuer uses, with commas, such as "
        "oauth2.googleapis.com. Nothing but them and the issuer is ever asked.",
    )
    oidc_domains: str = Field(
        "",
        description="OpenID Connect: mail domains, with commas, whose people may join without an "
        "invitation and log in to the account with their address. Nobody if unset.",
    )
    email_url: SecretStr | None = Field(
        None,
        description="Mail server: smtp://USER:PASSWORD@HOST:587 (STARTTLS), smtps:// (TLS from the "
        "start) or smtp+plain:// (a relay on this machine). If unset, mail is kept in var/mail "
        "and nobody gets it.",
    )
    email_from: str = Field(
        "rickproject <rickproject@localhost>", description="Sender of the platform's mail."
    )
    site_url: str = Field(
        "",
        description="Address under which people reach the site, for links in mail, such as "
        "https://rick.example.org. Made of host and port if unset.",
    )

    upload_limit_mb: int = Field(20, ge=1, le=2048, description="Largest script file, in MB.")
    chat_messages_per_minute: int = Field(20, ge=1, description="Chat limit for one person.")
    chat_streams_per_process: int = Field(
        300, ge=1, description="Replies that one web process streams at once."
    )
    api_requests_per_minute: int = Field(
        120, ge=1, description="Requests of the OpenAI protocol that one API key may make."
    )
    api_tokens_per_month: int = Field(
        2_000_000,
        ge=0,
        description="Tokens, read and written together, that one API key may use in a month.",
    )
    api_trains_on_uploads: bool = Field(
        default=False,
        description="Let every API key that may train do so on uploaded files, which nobody "
        "approved; else only keys made for it.",
    )
    api_base_models: str = Field(
        "",
        description="Names of the OpenAI protocol that stand for local base models, with commas: "
        "gpt-4o-mini=script-base.",
    )
    imports_per_hour: int = Field(10, ge=1, description="Import limit for one person.")
    lease_minutes: int = Field(
        10,
        ge=1,
        le=240,
        description="How long a place in an episode's work is kept for somebody who took it and "
        "does nothing; then a colleague may take it over.",
    )
    trainings_per_day: int = Field(24, ge=1, description="Fine-tuning jobs a day for one project.")
    training_budget_usd: Decimal | None = Field(
        None,
        ge=0,
        description="What one project's paid trainings may cost in 30 days, in US dollars.",
    )
    training_month_usd: Decimal | None = Field(
        None,
        ge=0,
        description="What the paid trainings of all projects together may cost in a calendar "
        "month, in US dollars.",
    )
    training_confirm_usd: Decimal | None = Field(
        None,
        ge=0,
        description="A paid training estimated above this, or with an unknown price, waits until "
        "a second manager confirms it. In US dollars.",
    )
    trainer_threads: int = Field(1, ge=1, description="CPU threads of one local training.")
    trainer_processes: int = Field(
        1, ge=1, le=64, description="Graphics cards that one local training is spread over."
    )
    script_base_epochs: int | None = Field(
        None,
        ge=1,
        le=200,
        description="How often the small model of a script reads it; unset, by its length.",
    )
    base_model_dirs: str = Field(
        "",
        description="Folders below which a manager may name a base model, with colons between "
        "them; var/bases always is one. Hugging Face ids need no entry.",
    )
    host: str = Field("127.0.0.1", description="Address on which the web server listens.")
    port: int = Field(8000, ge=1, le=65535, description="Port on which the web server listens.")
    web_workers: int = Field(2, ge=1, le=64, description="Processes of the web server.")
    task_redelivery_seconds: int = Field(
        120,
        ge=5,
        description="A task held this long by a worker that died goes to another. Keep it above "
        "the longest task; our own take less than a minute.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="How much the logs tell."
    )

    @property
    def allowed_hosts(self) -> list[str]:
        """The host names served, one by one."""
        return [host.strip() for host in self.hosts.split(",") if host.strip()]

    @property
    def base_model_folders(self) -> list[Path]:
        """The folders opened for base models, one by one."""
        return [Path(part) for part in self.base_model_dirs.split(os.pathsep) if part.strip()]

    @property
    def api_base_model_names(self) -> dict[str, str]:
        """Which base model a name of the OpenAI protocol stands for."""
        pairs = (part.partition("=") for part in self.api_base_models.split(",") if part.strip())
        return {name.strip(): base.strip() for name, _, base in pairs}

    @property
    def sends_email(self) -> bool:
        """Whether mail leaves the machine; else it is kept in ``var/mail``."""
        return bool(self.email_url and self.email_url.get_secret_value())

    @property
    def address_of_site(self) -> str:
        """The site's address for links outside requests, without a slash at its end."""
        if self.site_url:
            return self.site_url.rstrip("/")
        if self.https:
            return f"https://{self.allowed_hosts[0]}"
        return f"http://{self.allowed_hosts[0]}:{self.port}"

    @model_validator(mode="after")
    def _refuse_unsafe_values(self) -> Self:
        public = sorted(set(self.allowed_hosts) - LOCAL_HOSTS)
        if self.debug and public:
            raise ValueError(
                f"RICK_DEBUG shows code and settings to every visitor of {public[0]}. "
                "Unset RICK_DEBUG, or serve only localhost with RICK_HOSTS."
            )
        if "*" in self.allowed_hosts:
            raise ValueError("RICK_HOSTS must name the hosts; * would accept forged addresses.")
        key = self.secret_key.get_secret_value() if self.secret_key else None
        if key is not None and len(key) < SHORTEST_SECRET_KEY:
            raise ValueError(
                f"RICK_SECRET_KEY is shorter than {SHORTEST_SECRET_KEY} characters. Unset it and "
                "one is made in var/secrets, or make one: "
                'python -c "import secrets; print(secrets.token_urlsafe(64))"'
            )
        if not all(self.api_base_model_names.values()):
            raise ValueError(
                "RICK_API_BASE_MODELS holds pairs with commas: gpt-4o-mini=script-base."
            )
        if relative := [path for path in self.base_model_folders if not path.is_absolute()]:
            raise ValueError(
                f"RICK_BASE_MODEL_DIRS must name absolute folders; {relative[0]} is not."
            )
        _check_scheme("DATABASE_URL", self.database_url, DATABASE_SCHEMES)
        _check_scheme("REDIS_URL", self.redis_url, BROKER_SCHEMES)
        _check_scheme("RICK_SUGGESTION_URL", self.suggestion_url, frozenset({"http", "https"}))
        _check_scheme("RICK_SITE_URL", self.site_url, frozenset({"http", "https"}))
        _check_issuer(self)
        if self.sealing_keys:
            _check_sealing_keys(self.sealing_keys.get_secret_value())
        if self.email_url:
            _check_email(self.email_url.get_secret_value())
        return self


def load_config(environment: Mapping[str, str] = os.environ) -> Config:
    """Read the settings and refuse what is unknown, malformed or unsafe.

    Raises:
        ConfigError: with one sentence for the operator.
    """
    _refuse_unknown(environment)
    try:
        return Config()  # type: ignore[call-arg]  # every field has a default
    except ValidationError as error:
        raise ConfigError(_sentence(error)) from None


@lru_cache(maxsize=1)
def get_config() -> Config:
    """Return the operator's settings, read once; a bad one ends the process with its sentence."""
    try:
        return load_config()
    except ConfigError as error:
        raise SystemExit(f"rickproject cannot start: {error}") from None


def variable_names() -> dict[str, str]:
    """Return the environment variable of every setting, by the setting's name."""
    fields = Config.model_fields.items()
    return {name: field.alias or f"RICK_{name}".upper() for name, field in fields}


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    known = set(variable_names().values()) | TEST_VARIABLES
    for name in environment:
        if name.startswith("RICK_") and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else "See docs/reference/settings.md."
            raise ConfigError(f"{name} is not a setting. {hint}")


def _check_scheme(name: str, url: str, schemes: frozenset[str]) -> None:
    if url and urlsplit(url).scheme not in schemes:
        raise ValueError(f"{name} must begin with one of {', '.join(sorted(schemes))}://.")


def _check_issuer(config: Config) -> None:
    if not config.oidc_issuer:
        return
    parts = urlsplit(config.oidc_issuer)
    is_near = parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if not parts.hostname or not (parts.scheme == "https" or is_near):
        msg = "RICK_OIDC_ISSUER must begin with https:// (http:// only for this machine)."
        raise ValueError(msg)
    if not config.oidc_client_id or not config.oidc_client_secret:
        msg = "RICK_OIDC_ISSUER needs RICK_OIDC_CLIENT_ID and RICK_OIDC_CLIENT_SECRET beside it."
        raise ValueError(msg)


def _check_sealing_keys(keys: str) -> None:
    for key in keys.split(",") if keys else ():
        try:
            is_key = len(base64.urlsafe_b64decode(key.strip())) == FERNET_KEY_BYTES
        except ValueError:
            is_key = False
        if not is_key:
            raise ValueError(
                "RICK_SEALING_KEYS must hold Fernet keys with commas between them. Make one: "
                'python -c "from cryptography.fernet import Fernet; '
                'print(Fernet.generate_key().decode())"'
            )


def _check_email(url: str) -> None:
    _check_scheme("RICK_EMAIL_URL", url, EMAIL_SCHEMES)
    if not url:
        return
    try:
        has_host = bool(urlsplit(url).hostname) and urlsplit(url).port != 0
    except ValueError:
        has_host = False
    if not has_host:
        msg = "RICK_EMAIL_URL must name a host and, if any, a port: smtp://USER:PASSWORD@HOST:587."
        raise ValueError(msg)


def _sentence(error: ValidationError) -> str:
    """Word the first problem without its value, which may be a secret."""
    problem = error.errors(include_input=False, include_url=False)[0]
    message = problem["msg"].removeprefix("Value error, ")
    if not problem["loc"]:
        return message
    place = str(problem["loc"][0])
    return f"{variable_names().get(place, place)}: {message}."
