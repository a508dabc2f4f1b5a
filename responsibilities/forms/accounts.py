"""The account forms of django-allauth in our words: sentence case, and no text inside fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from allauth.account import forms as allauth_forms
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django import forms
    from django.utils.functional import _StrPromise


class PlainLabels:
    """Gives the fields our labels and takes away the placeholders, which repeat the labels."""

    labels: ClassVar[Mapping[str, _StrPromise]] = {}
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            if name in self.labels:
                field.label = self.labels[name]


class LoginForm(PlainLabels, allauth_forms.LoginForm):  # type: ignore[misc]
    """Address and password."""

    labels = {"login": _("Email address"), "remember": _("Stay signed in")}


class ResetPasswordForm(PlainLabels, allauth_forms.ResetPasswordForm):  # type: ignore[misc]
    """The address to which the link goes."""

    labels = {"email": _("Email address")}


class ResetPasswordKeyForm(PlainLabels, allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]
    """A new password, chosen after following the link."""

    labels = {"password1": _("New password"), "password2": _("New password, once more")}


class ChangePasswordForm(PlainLabels, allauth_forms.ChangePasswordForm):  # type: ignore[misc]
    """The password there is, and a new one."""

    labels = {
        "oldpassword": _("Current password"),
        "password1": _("New password"),
        "password2": _("New password, once more"),
    }


class SetPasswordForm(PlainLabels, allauth_forms.SetPasswordForm):  # type: ignore[misc]
    """A first password, for an account that had none."""

    labels = {"password1": _("New password"), "password2": _("New password, once more")}


class ReauthenticateForm(PlainLabels, allauth_forms.ReauthenticateForm):  # type: ignore[misc]
    """The password once more, before something that matters."""
