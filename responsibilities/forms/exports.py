"""The form that asks for an export."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from responsibilities.choices import ExportFormat, Paper


class ExportForm(forms.Form):
    """Format and paper. The filter comes along as it stands in the matrix page's address."""

    format = forms.ChoiceField(
        label=_("Format"),
        choices=ExportFormat.choices,
        initial=ExportFormat.PDF,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a format.")},
    )
    paper = forms.ChoiceField(
        label=_("Paper"),
        choices=Paper.choices,
        initial=Paper.A4,
        required=False,
        widget=forms.RadioSelect,
        help_text=_("For the PDF only."),
    )
    query = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean_paper(self) -> str:
        """Return the paper, A4 where none was chosen."""
        return self.cleaned_data["paper"] or Paper.A4
