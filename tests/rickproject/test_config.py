import pytest

from rickproject.config import Config, ConfigError, load_config, variable_names

LONG_KEY = "k" * 64


def load(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Config:
    for name in variable_names().values():
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return load_config(variables)


def test_config_needs_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    config = load(monkeypatch)
    assert (config.debug, config.database_url, config.redis_url) == (False, "", "")
    assert config.allowed_hosts == ["localhost", "127.0.0.1", "[::1]"]


def test_config_reads_names_with_and_without_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    config = load(
        monkeypatch, RICK_PORT="9000", DATABASE_URL="postgresql://db/rick", OPENAI_API_KEY="sk-a"
    )
    assert (config.port, config.database_url) == (9000, "postgresql://db/rick")
    assert config.openai_api_key is not None
    assert "sk-a" not in repr(config)


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"RICK_PROT": "1"}, "RICK_PROT is not a setting. Did you mean RICK_PORT?"),
        ({"RICK_QQQQ": "1"}, "See docs/reference/settings.md"),
        ({"RICK_PORT": "soon"}, "RICK_PORT: "),
        ({"RICK_DEBUG": "true", "RICK_HOSTS": "rick.example.org"}, "every visitor of rick.example"),
        ({"RICK_HOSTS": "*"}, "must name the hosts"),
        ({"RICK_SECRET_KEY": "short"}, "shorter than 50 characters"),
        ({"DATABASE_URL": "mysql://db"}, "DATABASE_URL must begin with"),
        ({"REDIS_URL": "amqp://queue"}, "REDIS_URL must begin with"),
        ({"RICK_EMAIL_URL": "http://mail"}, "RICK_EMAIL_URL must begin with"),
        ({"RICK_EMAIL_URL": "smtp://"}, "RICK_EMAIL_URL must name a host"),
        ({"RICK_EMAIL_URL": "smtp://mail:x"}, "RICK_EMAIL_URL must name a host"),
        ({"RICK_OIDC_ISSUER": "http://login.example.org"}, "must begin with https://"),
        ({"RICK_OIDC_ISSUER": "https://login.example.org"}, "needs RICK_OIDC_CLIENT_ID"),
        ({"RICK_SEALING_KEYS": "short"}, "must hold Fernet keys"),
        ({"RICK_REQUIRE_SECOND_STEP": "me"}, "RICK_REQUIRE_SECOND_STEP: "),
        ({"RICK_SITE_URL": "rick.example.org"}, "RICK_SITE_URL must begin with"),
    ],
)
def test_config_refuses_what_is_unknown_or_unsafe(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], words: str
) -> None:
    with pytest.raises(ConfigError) as refusal:
        load(monkeypatch, **variables)
    assert words in str(refusal.value)
    assert len(str(refusal.value).splitlines()) == 1


def test_config_never_repeats_a_secret_in_its_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError) as refusal:
        load(monkeypatch, RICK_SECRET_KEY="sk-canary")
    assert "canary" not in str(refusal.value)


def test_config_allows_debug_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch, RICK_DEBUG="1", RICK_SECRET_KEY=LONG_KEY).debug


def test_config_describes_every_setting() -> None:
    undescribed = [name for name, field in Config.model_fields.items() if not field.description]
    assert undescribed == []
    assert variable_names()["redis_url"] == "REDIS_URL"


def test_config_makes_the_sites_address_of_what_it_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch, RICK_PORT="9000").address_of_site == "http://localhost:9000"
    https = load(monkeypatch, RICK_HTTPS="1", RICK_HOSTS="rick.example.org")
    assert https.address_of_site == "https://rick.example.org"
    told = load(monkeypatch, RICK_SITE_URL="https://rick.example.org/")
    assert told.address_of_site == "https://rick.example.org"
