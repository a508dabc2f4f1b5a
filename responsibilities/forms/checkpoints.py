"""The form for a bundle."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class BundleForm(forms.Form):
    """What goes into the bundle beside log, matrix, sign-offs and releases."""

    evidence = forms.BooleanField(label=_("With the evidence files"), required=False)
    releases = forms.BooleanField(label=_("With the PDF of each release"), required=False)
