"""What a new project and a new member need."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.utils.text import slugify

from curation.enums import Role
from rickproject.lib.text import TextField, validate_text

SLUG_LENGTH = 60


class ProjectForm(forms.Form):
    """The name of a new project; its address is made from it."""

    name = TextField(max_length=120, help_text="The show or the script, as your team calls it.")

    def clean_name(self) -> str:
        """Refuse a name from which no address can be made."""
        name: str = self.cleaned_data["name"]
        if not slugify(name):
            msg = "The name needs at least one letter from a to z or one digit."
            raise forms.ValidationError(msg)
        return name

    @property
    def slug(self) -> str:
        """The short name for addresses."""
        slug: str = slugify(self.cleaned_data["name"])
        return slug[:SLUG_LENGTH].strip("-")


class GoalForm(forms.Form):
    """How many approved dialogues the team wants."""

    goal = forms.IntegerField(label="Approved dialogues wanted", min_value=1, max_value=1_000_000)


ROLES = [
    (Role.ANNOTATOR, "annotator: cuts scenes, picks dialogues"),
    (Role.REVIEWER, "reviewer: the same, and approves others’ work"),
    (Role.MANAGER, "manager: scripts, datasets, training, people"),
    (Role.TESTER, "tester: talks to the character"),
]


class MemberForm(forms.Form):
    """Somebody with an account, and a role."""

    username = TextField(max_length=150, help_text="Of a person who has an account.")
    role = forms.ChoiceField(choices=ROLES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs["autocomplete"] = "off"

    def clean_username(self) -> User:
        """Find the person.

        Raises:
            ValidationError: nobody active has that name.
        """
        user = User.objects.filter(
            username=self.cleaned_data["username"].strip(), is_active=True
        ).first()
        if user is None:
            msg = "Nobody here has that username. The site's admin makes accounts."
            raise forms.ValidationError(msg)
        return user

    def clean_role(self) -> Role:
        """Turn the choice into the role."""
        return Role(self.cleaned_data["role"])


class InvitationForm(forms.Form):
    """Whom to invite, as what."""

    email = forms.EmailField(label="E-mail", max_length=254)
    role = forms.TypedChoiceField(choices=ROLES, coerce=Role)

    def clean_email(self) -> str:
        """Refuse what no database and no mail header should be given."""
        email: str = self.cleaned_data["email"]
        validate_text(email)
        return email
