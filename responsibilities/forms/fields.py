"""Fields that forms share."""

from __future__ import annotations

from typing import Any, override

from django import forms

from responsibilities.validators import FIRST_DAY, LAST_DAY, check_day, clean_name


class NameField(forms.CharField):
    """A name or title, as `validators.clean_name` takes it."""

    @override
    def clean(self, value: Any) -> str:
        """Return the cleaned name. Raises ValidationError."""
        return clean_name(super().clean(value))


class DayInput(forms.DateInput):
    """The browser's own date field."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        """Write dates as the browser's field reads them."""
        super().__init__(attrs, format="%Y-%m-%d")


class DayField(forms.DateField):
    """A day of a year that people plan in, see `validators.check_day`."""

    widget = DayInput
    default_validators = [check_day]

    @override
    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Let the browser offer no other day."""
        bounds = {"min": FIRST_DAY.isoformat(), "max": LAST_DAY.isoformat()}
        return {**super().widget_attrs(widget), **bounds}
