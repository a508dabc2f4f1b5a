"""Forms of signing. They carry what was shown, sealed, so that it can be compared later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.core import signing
from django.utils.translation import gettext_lazy as _

from responsibilities import canonical
from responsibilities.choices import SignoffState
from responsibilities.matrix import ItemRow, SeatInfo
from responsibilities.models import Membership
from responsibilities.services import statements
from responsibilities.services.statements import Shown

_SALT = "responsibilities.signoffs.shown"
REASON_LENGTH = 2_000


@dataclass(frozen=True, slots=True)
class Sight:
    """One item as the signer saw it: the content, and the sentence under it."""

    content: canonical.Json
    sentence: str

    @property
    def shown(self) -> Shown:
        """The digest and the sentence, as the service takes them."""
        return Shown(canonical.sha256_hex(self.content), self.sentence)


def seal(rows: Iterable[ItemRow], membership: Membership) -> str:
    """Return what is shown to this member, compressed and signed with the secret key."""
    return signing.dumps(
        {
            "membership": str(membership.pk),
            "items": {row.key: [row.content, statements.sentence(row, membership)] for row in rows},
        },
        salt=_SALT,
        compress=True,
    )


class SignForm(forms.Form):
    """One or more items to sign. `sights` gives what was shown of each, after `is_valid`."""

    shown = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        """Take the member who signs: a form made for somebody else is refused."""
        super().__init__(*args, **kwargs)
        self.membership = membership

    def clean_shown(self) -> Mapping[str, Sight]:
        """Open the seal. A form that we did not make, or made for another person, is refused."""
        refusal = forms.ValidationError(
            _("This form is not the one that was sent to you. Nothing was signed. Open it again.")
        )
        try:
            sealed = signing.loads(self.cleaned_data["shown"], salt=_SALT)
        except signing.BadSignature as broken:
            raise refusal from broken
        if sealed["membership"] != str(self.membership.pk):
            raise refusal
        return {
            key: Sight(content, sentence) for key, (content, sentence) in sealed["items"].items()
        }

    @property
    def sights(self) -> Mapping[str, Sight]:
        """What was shown, by item key."""
        return cast("Mapping[str, Sight]", self.cleaned_data["shown"])


class BulkSignForm(SignForm):
    """Several items; those that stay ticked are signed."""

    key = forms.MultipleChoiceField(
        required=True,
        error_messages={"required": _("Tick at least one item.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Accept any key for now; only those that were shown are taken."""
        super().__init__(*args, **kwargs)
        field = cast("forms.MultipleChoiceField", self.fields["key"])
        sent = self.data.getlist("key") if hasattr(self.data, "getlist") else []
        field.choices = [(key, key) for key in sent]

    def clean(self) -> dict[str, Any]:
        """Refuse a ticked item that was not shown."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and set(cleaned["key"]) - set(self.sights):
            raise forms.ValidationError(
                _("An item was ticked that was not on the page. Nothing was signed.")
            )
        return cleaned

    @property
    def chosen(self) -> dict[str, Sight]:
        """What was shown of the ticked items, by key."""
        return {key: self.sights[key] for key in self.cleaned_data["key"]}


class WithdrawForm(forms.Form):
    """Why a sign-off is taken back."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("It stands beside the sign-off from now on, in every export."),
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why you withdraw the sign-off.")},
    )


class RegisterFilterForm(forms.Form):
    """Filters of the register of sign-offs: side, state, person."""

    side = forms.ChoiceField(label=_("Side"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False)
    person = forms.ChoiceField(label=_("Person"), required=False)

    def __init__(
        self,
        *args: Any,
        seats: Iterable[SeatInfo],
        people: Mapping[str, str],
        **kwargs: Any,
    ) -> None:
        """Take the sides, and the names of those who signed by their id."""
        super().__init__(*args, **kwargs)
        choices: dict[str, list[tuple[str, Any]]] = {
            "side": [(seat.key, seat.organization) for seat in seats],
            "state": [
                (SignoffState.CURRENT.value, _("Current")),
                *(c for c in SignoffState.choices if c[0] in {"stale", "withdrawn"}),
                ("replaced", _("Replaced")),
            ],
            "person": sorted(people.items(), key=lambda pair: pair[1].casefold()),
        }
        for name, found in choices.items():
            cast("forms.ChoiceField", self.fields[name]).choices = [("", _("All")), *found]

    def wanted(self) -> dict[str, str]:
        """Return the filters that were given and make sense."""
        self.full_clean()
        return {name: value for name, value in self.cleaned_data.items() if value}
