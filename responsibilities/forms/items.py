"""The form of an item, and what to do when somebody else saved it first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from responsibilities.choices import Applicability
from responsibilities.forms.fields import DayField
from responsibilities.matrix import Difference, ItemRow

OPTION = "option_"
NOTE_LENGTH = 10_000
REASON_LENGTH = 2_000


class ItemForm(forms.Form):
    """Applicability, options, note and review date of one item.

    Each field also sends what it showed first (a hidden initial), so that a save after
    somebody else's can tell which values were touched by whom.
    """

    version = forms.IntegerField(widget=forms.HiddenInput)
    applicability = forms.ChoiceField(
        label=_("Does it apply?"),
        choices=Applicability.choices,
        widget=forms.RadioSelect,
        show_hidden_initial=True,
    )
    applicability_reason = forms.CharField(
        label=_("Why it does not apply"),
        help_text=_("Needed for “not applicable”. It becomes part of what both sides sign."),
        required=False,
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        show_hidden_initial=True,
    )
    note = forms.CharField(
        label=_("Implementation note"),
        help_text=_("How it is done here: tools, settings, where to look."),
        required=False,
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 6}),
        show_hidden_initial=True,
    )
    review_on = DayField(
        label=_("Next review"),
        help_text=_("The date is not part of what is signed."),
        required=False,
        show_hidden_initial=True,
    )

    def __init__(self, *args: Any, row: ItemRow, **kwargs: Any) -> None:
        """Take the item as it is now, for its options and first values."""
        kwargs.setdefault("initial", first_values(row))
        super().__init__(*args, **kwargs)
        self.row = row
        if not self.is_bound:  # after a refusal the summary of errors gets the focus
            self.fields["note"].widget.attrs["autofocus"] = True
        for option in row.options:
            self.fields[OPTION + option["key"]] = forms.ChoiceField(
                label=option["name"],
                choices=[("", _("Not chosen yet")), *((c, c) for c in option["choices"])],
                required=False,
                show_hidden_initial=True,
            )

    def option_fields(self) -> list[forms.BoundField]:
        """Return the fields of the options, in the order of the responsibility."""
        return [self[OPTION + option["key"]] for option in self.row.options]

    def values(self) -> dict[str, Any]:
        """Return what was sent, without the version. Only after `is_valid`."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}

    def first_shown(self) -> dict[str, Any]:
        """Return what the fields showed when the form was opened, as the browser says."""
        shown: dict[str, Any] = {}
        for name in self.values():
            field = self.fields[name]
            raw = self.data.get(self.add_initial_prefix(name), "")
            try:
                shown[name] = field.clean(raw)
            except forms.ValidationError:
                shown[name] = None
        return shown


@dataclass(frozen=True, slots=True)
class Merge:
    """Two edits of one item put together.

    `values` takes each value from whoever changed it; where both did, from the form, and
    `clashes` shows those: there now, and typed.
    """

    values: Mapping[str, Any]
    clashes: tuple[Difference, ...]


def first_values(row: ItemRow) -> dict[str, Any]:
    """Return the values of an item by field name."""
    return {
        "version": row.version,
        "applicability": row.applicability.value,
        "applicability_reason": row.applicability_reason,
        "note": row.note,
        "review_on": row.review_on,
        **{OPTION + o["key"]: row.chosen.get(o["key"], "") for o in row.options},
    }


def service_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a form's values as `services.items.edit` takes them."""
    return {
        "chosen": {
            name.removeprefix(OPTION): value
            for name, value in values.items()
            if name.startswith(OPTION)
        },
        **{name: value for name, value in values.items() if not name.startswith(OPTION)},
    }


def merge(form: ItemForm, row: ItemRow) -> Merge:
    """Put a valid form and the item as somebody else left it together."""
    there, shown = first_values(row), form.first_shown()
    values: dict[str, Any] = {}
    clashes = []
    for name, typed in form.values().items():
        if _same(typed, shown[name]):
            values[name] = there[name]
            continue
        values[name] = typed
        if not _same(there[name], shown[name]) and not _same(there[name], typed):
            label = str(form.fields[name].label)
            clashes.append(Difference(label, _words(name, there[name]), _words(name, typed)))
    return Merge(values, tuple(clashes))


def reopened(row: ItemRow, values: Mapping[str, Any]) -> ItemForm:
    """Return the form filled with `values`, now over the item as `row` has it."""
    data = {"version": row.version, **values}
    there = first_values(row)
    data |= {f"initial-{name}": there[name] for name in values}
    return ItemForm(
        {name: "" if value is None else str(value) for name, value in data.items()}, row=row
    )


def _same(one: object, other: object) -> bool:
    """Compare two values of a field as people do: line ends and outer space do not count."""
    return _plain(one) == _plain(other)


def _plain(value: object) -> str:
    return "" if value is None else "\n".join(str(value).strip().splitlines())


def _words(name: str, value: object) -> str:
    text = _plain(value)
    return str(Applicability(text).label) if name == "applicability" else text
