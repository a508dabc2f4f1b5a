"""Forms of members: who, in which role, until when."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from responsibilities.choices import Role
from responsibilities.forms.fields import DayField

AUDITOR_STAYS = dt.timedelta(weeks=1)
ROLE_MEANINGS = {
    Role.MANAGER: _("Everything on their side: teams, members, letters, evidence, sign-off."),
    Role.CONTRIBUTOR: _("Puts letters, describes items and adds evidence."),
    Role.APPROVER: _("Reads, exports and signs off."),
    Role.READER: _("Reads."),
    Role.AUDITOR: _("Reads and exports, usually for a limited time."),
}


def role_choices() -> list[tuple[str, str]]:
    """Return the roles with what each of them may do."""
    return [(role.value, f"{role.label}: {ROLE_MEANINGS[role]}") for role in Role]


def auditor_until() -> dt.date:
    """Return the day that is offered as the end of an auditor's access."""
    return timezone.localdate() + AUDITOR_STAYS


class MemberForm(forms.Form):
    """Role, and the day on which access ends."""

    role = forms.ChoiceField(
        label=_("Role"),
        choices=role_choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a role.")},
    )
    expires_on = DayField(
        label=_("Access ends"),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer an auditor's usual last day: in words, and to the script that fills it in."""
        super().__init__(*args, **kwargs)
        day = auditor_until().isoformat()
        field = self.fields["expires_on"]
        field.widget.attrs["data-auditor-until"] = day
        field.help_text = _(
            "At the end of this day; empty for no end. Auditors usually get a week: %(day)s."
        ) % {"day": day}


class MemberAddForm(MemberForm):
    """Somebody who has an account already, by address."""

    email = forms.EmailField(
        label=_("E-mail address"),
        help_text=_("The person needs an account here already."),
        error_messages={"required": _("Give the person's e-mail address.")},
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    field_order = ("email", "role", "expires_on")
