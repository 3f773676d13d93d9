"""Settings of django-allauth, made from the operator's."""

from typing import Any
from urllib.parse import urlsplit

from rickproject.config import Config

APPS = [
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
]
# Loads an HTTP library of its own: 0.2 s and some memory in every process, so only where wanted.
ISSUER_APP = "allauth.socialaccount.providers.openid_connect"
PROVIDER_ID = "oidc"
FORMS = "rickproject.accounts.forms"


def apps(config: Config) -> list[str]:
    """Return the apps of allauth that are in use."""
    return [*APPS, ISSUER_APP] if config.oidc_issuer else APPS


def settings(config: Config) -> dict[str, Any]:
    """Return Django's settings for accounts."""
    return {
        "AUTHENTICATION_BACKENDS": ["rickproject.accounts.backend.Accounts"],
        **_account(config),
        **_second_step(),
        "SOCIALACCOUNT_ADAPTER": "rickproject.accounts.issuer_accounts.IssuerAccounts",
        "SOCIALACCOUNT_EMAIL_VERIFICATION": "none",
        "SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT": True,
        "SOCIALACCOUNT_STORE_TOKENS": False,
    }


def _account(config: Config) -> dict[str, Any]:
    return {
        "ACCOUNT_ADAPTER": "rickproject.accounts.adapters.AccountAdapter",
        "ACCOUNT_LOGIN_METHODS": {"username", "email"},
        "ACCOUNT_SIGNUP_FIELDS": ["username*", "email*", "password1*"],
        # Invitations prove an address, changes are verified first, and an admin made on the
        # command line may have none: an unverified address is no reason to lock somebody out.
        "ACCOUNT_EMAIL_VERIFICATION": "optional",
        "ACCOUNT_CHANGE_EMAIL": True,
        "ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS": False,
        "ACCOUNT_EMAIL_NOTIFICATIONS": True,
        "ACCOUNT_EMAIL_SUBJECT_PREFIX": "[rickproject] ",
        "ACCOUNT_DEFAULT_HTTP_PROTOCOL": "https" if config.https else "http",
        "ACCOUNT_SESSION_REMEMBER": True,
        "ACCOUNT_REAUTHENTICATION_REQUIRED": True,
        "ACCOUNT_LOGOUT_REDIRECT_URL": "account_login",
        "ACCOUNT_EMAIL_CONFIRMATION_AUTHENTICATED_REDIRECT_URL": "/accounts/",
        # Logins, second steps and forgotten passwords have limits of our own: login_limits.
        "ACCOUNT_RATE_LIMITS": {"login": None, "login_failed": None, "reset_password": None},
        "ACCOUNT_FORMS": {
            "login": f"{FORMS}.LogInForm",
            "signup": f"{FORMS}.SignUpForm",
            "add_email": f"{FORMS}.EmailForm",
            "change_password": f"{FORMS}.ChangePasswordForm",
            "set_password": f"{FORMS}.SetPasswordForm",
            "reset_password": f"{FORMS}.ResetPasswordForm",
            "reset_password_from_key": f"{FORMS}.NewPasswordForm",
            "reauthenticate": f"{FORMS}.PasswordAgainForm",
        },
    }


def _second_step() -> dict[str, Any]:
    return {
        "MFA_ADAPTER": "rickproject.accounts.adapters.SecondStepAdapter",
        "MFA_SUPPORTED_TYPES": ["totp", "recovery_codes"],
        "MFA_TOTP_ISSUER": "rickproject",
        "MFA_ALLOW_UNVERIFIED_EMAIL": True,
        "MFA_FORMS": {
            "authenticate": f"{FORMS}.CodeForm",
            "reauthenticate": f"{FORMS}.CodeAgainForm",
            "activate_totp": f"{FORMS}.FirstCodeForm",
        },
    }


def issuer_origins(config: Config) -> list[str]:
    """Return where the login form may lead to, for the content security policy."""
    hosts = [host.strip() for host in config.oidc_hosts.split(",") if host.strip()]
    if not config.oidc_issuer:
        return []
    parts = urlsplit(config.oidc_issuer)
    return [f"{parts.scheme}://{parts.netloc}", *(f"https://{host}" for host in hosts)]
