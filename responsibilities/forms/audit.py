"""The filter of the audit log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from responsibilities.forms.fields import DayField
from responsibilities.matrix.log import SYSTEM, Group, LogFilter
from responsibilities.models import Seat


class AuditFilterForm(forms.Form):
    """What to keep of the log. A value that makes no sense is told and left out."""

    group = forms.ChoiceField(
        label=_("What"), required=False, choices=[("", _("Everything")), *Group.choices]
    )
    side = forms.ChoiceField(label=_("Side"), required=False)
    person = forms.ChoiceField(label=_("Person"), required=False)
    item = forms.CharField(
        label=_("Item"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"placeholder": _("Key, or how it begins"), "size": 18}),
    )
    since = DayField(
        label=_("From"),
        required=False,
    )
    until = DayField(
        label=_("To"),
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        seats: Iterable[Seat],
        people: Iterable[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        """Take the sides, and id and name of those who acted."""
        super().__init__(*args, **kwargs)
        choices: dict[str, list[tuple[str, Any]]] = {
            "side": [(seat.party.key, seat.organization.name) for seat in seats],
            "person": [*people, (SYSTEM, _("The system"))],
        }
        for name, found in choices.items():
            cast("forms.ChoiceField", self.fields[name]).choices = [("", _("All")), *found]

    @property
    def wanted(self) -> LogFilter:
        """The filter, of the values that make sense."""
        self.is_valid()
        return LogFilter(**{name: value for name, value in self.cleaned_data.items() if value})
