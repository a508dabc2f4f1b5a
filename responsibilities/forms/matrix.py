"""Forms of the matrix: one cell, and many items at once."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, override

from django import forms
from django.utils.translation import gettext_lazy as _

from responsibilities.choices import Applicability, Letter
from responsibilities.forms.fields import DayField
from responsibilities.matrix import Matrix
from responsibilities.permissions import Action, Actor, may

CHANGES = ("assign", "review", "applicability", "sign")
VERSION_DIGITS = 9


class CellForm(forms.Form):
    """The letters of one team on one item, as of the version that the person saw.

    ``person_R`` and its like name a person for a letter. Where such a field is not sent at all
    (a letter set by key), the letter keeps the person that it has.
    """

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    letter = forms.MultipleChoiceField(
        label=_("Letters"),
        choices=Letter.choices,
        required=False,
        error_messages={"invalid_choice": _("A letter has to be R, A, C or I.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Add an optional person for each letter."""
        super().__init__(*args, **kwargs)
        for letter in Letter:
            self.fields[f"person_{letter}"] = forms.UUIDField(required=False)

    def cell(self, present: Mapping[str, uuid.UUID | None]) -> dict[str, uuid.UUID | None]:
        """Return the letters and their people. `present` is what the cell has now."""
        return {
            letter: self.cleaned_data[f"person_{letter}"]
            if f"person_{letter}" in self.data
            else present.get(letter)
            for letter in Letter.values
            if letter in self.cleaned_data["letter"]
        }


class SeenField(forms.Field):
    """Items with the version of each that the person saw, sent as ``KEY:VERSION``."""

    widget = forms.MultipleHiddenInput
    default_error_messages = {
        "required": _("Select at least one item."),
        "invalid": _("The selection cannot be read. Select the items again."),
    }

    @override
    def to_python(self, value: list[str] | None) -> dict[str, int]:
        """Return versions by key. Raises ValidationError for anything else."""
        seen = {}
        for text in value or []:
            key, _colon, version = text.rpartition(":")
            if not key or not version.isdecimal() or len(version) > VERSION_DIGITS:
                raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
            seen[key] = int(version)
        return seen


class SelectionForm(forms.Form):
    """Which items, what is to be done with them, and the filter that they were chosen under."""

    item = SeenField()
    change = forms.ChoiceField(choices=[(name, name) for name in CHANGES])
    query = forms.CharField(required=False, max_length=4000, strip=True)


class BulkForm(forms.Form):
    """What is done with the selected items."""

    def __init__(self, *args: Any, matrix: Matrix, actor: Actor, **kwargs: Any) -> None:
        """Take the matrix and who looks at it, to know what there is to choose."""
        super().__init__(*args, **kwargs)
        self.matrix, self.actor = matrix, actor


class BulkAssignForm(BulkForm):
    """Give a letter to a team on all items, or take it."""

    what = forms.ChoiceField(
        label=_("What to do"),
        choices=[("give", _("Give the letter")), ("take", _("Take the letter away"))],
        widget=forms.RadioSelect,
        initial="give",
    )
    letter = forms.ChoiceField(
        label=_("Letter"), choices=[(x.value, f"{x.value} · {x.label}") for x in Letter]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the teams that the actor may assign, and the people on them."""
        super().__init__(*args, **kwargs)
        teams = [
            team
            for team in self.matrix.teams
            if may(self.actor, Action.ASSIGN, team.seat.id, vacant=team.seat.vacant)
        ]
        by_side: dict[str, list[tuple[str, str]]] = {}
        for team in teams:
            by_side.setdefault(team.seat.organization, []).append((str(team.id), team.name))
        self.fields["team"] = forms.TypedChoiceField(
            label=_("Team"), coerce=uuid.UUID, choices=list(by_side.items())
        )
        people = [
            (team.name, [(str(person.id), person.name) for person in team.people])
            for team in teams
            if team.people
        ]
        self.fields["person"] = forms.TypedChoiceField(
            label=_("Person"),
            required=False,
            coerce=uuid.UUID,
            empty_value=None,
            choices=[("", _("The whole team")), *people],
            help_text=_("Somebody on that team; counts only where a letter is given."),
        )


class BulkReviewForm(BulkForm):
    """Set the next review of all items."""

    review_on = DayField(
        label=_("Next review"),
        required=False,
        help_text=_("Without a date no review is due."),
    )


class BulkApplicabilityForm(BulkForm):
    """Say whether all items apply."""

    applicability = forms.ChoiceField(
        label=_("Do they apply?"), choices=Applicability.choices, widget=forms.RadioSelect
    )
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Needed if they do not apply. The auditor reads it."),
    )
