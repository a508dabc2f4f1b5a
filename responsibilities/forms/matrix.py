"""Forms of the matrix: one cell, and many items at once."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from responsibilities.choices import Letter


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
