from pathlib import Path

import pytest
from pydantic import SecretStr

from rickproject import doctor, mail_server
from rickproject.config import Config

FOLDER = Path("/nowhere/mail")


def test_settings_keep_mail_in_files_when_there_is_no_server() -> None:
    found = mail_server.settings(None, folder=FOLDER)
    assert found["EMAIL_BACKEND"].endswith("filebased.EmailBackend")
    assert found["EMAIL_FILE_PATH"] == str(FOLDER)


@pytest.mark.parametrize(
    ("url", "port", "starttls", "tls"),
    [
        ("smtp://rick:p%40ss@mail.example.org", 587, True, False),
        ("smtps://rick:p%40ss@mail.example.org", 465, False, True),
        ("smtp+plain://rick:p%40ss@mail.example.org:2525", 2525, False, False),
    ],
)
def test_settings_read_a_server_from_its_address(
    url: str, port: int, starttls: bool, tls: bool
) -> None:
    found = mail_server.settings(SecretStr(url), folder=FOLDER)
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.example.org", port)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("rick", "p@ss")
    assert (found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (starttls, tls)


def test_doctor_says_where_mail_goes_and_never_the_password() -> None:
    assert "var/mail" in doctor.mail(Config(email_url=None)).detail
    url = SecretStr("smtp://rick:canary@mail.example.org")
    sent = doctor.mail(Config(email_url=url, email_from="Rick <rick@example.org>"))
    assert (sent.ok, "mail.example.org" in sent.detail) == (True, True)
    nobody = doctor.mail(Config(email_url=url))
    assert not nobody.ok
    assert "canary" not in f"{sent} {nobody}"
