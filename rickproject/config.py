"""The operator's settings: one typed object, read once from the environment."""

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class Config(BaseSettings):
    """Every setting an operator may change; names are ``RICK_<NAME>`` unless an alias says else."""

    model_config = SettingsConfigDict(env_prefix="RICK_", extra="ignore", populate_by_name=True)

    var_dir: Path = Field(ROOT / "var", description="Folder for the database, files and logs.")
    debug: bool = Field(default=False, description="Show error details in pages. Never in public.")
    hosts: str = Field("localhost,127.0.0.1,[::1]", description="Host names served, with commas.")
    secret_key: SecretStr | None = Field(
        None, description="Signs sessions. Made at first start and kept in var/secrets if unset."
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

    upload_limit_mb: int = Field(20, ge=1, le=2048, description="Largest script file, in MB.")
    chat_messages_per_minute: int = Field(20, ge=1, description="Chat limit for one person.")
    imports_per_hour: int = Field(10, ge=1, description="Import limit for one person.")
    trainings_per_day: int = Field(3, ge=1, description="Fine-tuning jobs a day for one project.")
    trainer_threads: int = Field(1, ge=1, description="CPU threads of one local training.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


@lru_cache(maxsize=1)
def get_config() -> Config:
    """Return the operator's settings, read from the environment once."""
    return Config()  # type: ignore[call-arg]  # every field has a default
