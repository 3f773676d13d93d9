"""The forms of accounts: allauth's, in our words and without placeholders for labels."""

from typing import Any

from allauth.account import forms as account
from allauth.core import context
from allauth.mfa.base import forms as second_step
from allauth.mfa.totp import forms as totp
from django import forms

from rickproject import login_limits
from rickproject.accounts.pending import pending_invitation
from rickproject.lib.text import TextField


class Labelled(forms.Form):
    """Labels stand above their fields; a placeholder that repeats them is noise."""

    LABELS: dict[str, str] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.LABELS.get(name, field.label)


class LogInForm(Labelled, account.LoginForm):
    """Name or address, and password."""

    LABELS = {"login": "Username or e-mail"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autocomplete"] = "username"


class SignUpForm(Labelled, account.SignupForm):
    """A new account for an invited address, which cannot be exchanged for another."""

    LABELS = {"username": "Username", "email": "E-mail", "password1": "Password"}
    first_name = TextField(label="First name", max_length=150, required=False)
    last_name = TextField(label="Last name", max_length=150, required=False)
    field_order = ["email", "username", "first_name", "last_name", "password1"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        invitation = pending_invitation(context.request)
        self.fields["email"].disabled = True
        self.initial["email"] = invitation.email if invitation else ""
        self.fields["first_name"].widget.attrs["autocomplete"] = "given-name"
        self.fields["last_name"].widget.attrs["autocomplete"] = "family-name"


class EmailForm(Labelled, account.AddEmailForm):
    """A new address."""

    LABELS = {"email": "New e-mail"}


class ChangePasswordForm(Labelled, account.ChangePasswordForm):
    """The old password and the new one, twice."""

    LABELS = {
        "oldpassword": "Password now",
        "password1": "New password",
        "password2": "New password again",
    }


class SetPasswordForm(Labelled, account.SetPasswordForm):
    """A first password, for who logged in through another service."""

    LABELS = {"password1": "Password", "password2": "Password again"}


class ResetPasswordForm(Labelled, account.ResetPasswordForm):
    """The address to which a link goes."""

    LABELS = {"email": "E-mail"}

    def clean_email(self) -> str:
        """Count how often an address, and whoever asks, has a link sent."""
        login_limits.count_reset(context.request, self.cleaned_data["email"])
        email: str = super().clean_email()
        return email


class NewPasswordForm(Labelled, account.ResetPasswordKeyForm):
    """A new password in place of a forgotten one."""

    LABELS = {"password1": "New password", "password2": "New password again"}


class PasswordAgainForm(Labelled, account.ReauthenticateForm):
    """The password once more, before something that matters."""

    def clean_password(self) -> str:
        """Count wrong passwords like failed logins."""
        with login_limits.counted_guesses("password-again", self.user.pk):
            password: str = super().clean_password()
        return password


class CountedCode(forms.Form):
    """A code that may be wrong only so many times."""

    user: Any

    def clean_code(self) -> str:
        """Count wrong codes of this person, wherever they come from."""
        with login_limits.counted_guesses("second-step", self.user.pk):
            code: str = super().clean_code()  # type: ignore[misc]  # of the form beside
        return code


class CodeForm(Labelled, CountedCode, second_step.AuthenticateForm):
    """The second step of a login."""

    LABELS = {"code": "Code"}


class CodeAgainForm(Labelled, CountedCode, second_step.ReauthenticateForm):
    """The second step once more."""

    LABELS = {"code": "Code"}


class FirstCodeForm(Labelled, totp.ActivateTOTPForm):
    """The first code, which shows that the app has the key."""

    LABELS = {"code": "Code that the app shows now"}
