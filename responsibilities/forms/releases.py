"""Forms of releases. They carry what was shown, sealed: nobody releases what they did not see."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.core import signing
from django.utils.translation import gettext_lazy as _

from responsibilities.choices import Paper
from responsibilities.models import Membership, Release
from responsibilities.services.releases import TEXT_LENGTH, Step
from responsibilities.services.statements import Shown

_PROPOSAL = "responsibilities.releases.proposal"
_ATTESTATION = "responsibilities.releases.attestation"


@dataclass(frozen=True, slots=True)
class DraftSight:
    """The draft as the proposer saw it: its digest, and how long the log was then."""

    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class ReleaseSight:
    """The release as a member saw it before attesting: which one, its digest, the sentence."""

    release_id: uuid.UUID
    shown: Shown


def seal_draft(sight: DraftSight, membership: Membership) -> str:
    """Return what of the draft is shown to this member, signed with the secret key."""
    sealed = {"membership": str(membership.pk), "digest": sight.digest, "size": sight.size}
    return signing.dumps(sealed, salt=_PROPOSAL)


def seal_release(release: Release, shown: Shown, membership: Membership) -> str:
    """Return what of a release is shown to this member, signed with the secret key."""
    sealed = {
        "membership": str(membership.pk),
        "release": str(release.pk),
        "digest": shown.digest,
        "sentence": shown.sentence,
    }
    return signing.dumps(sealed, salt=_ATTESTATION)


class SealedForm(forms.Form):
    """A form that carries, sealed, what its member was shown.

    `is_foreign` says, after `is_valid`, that the seal is none of ours, or somebody else's.
    """

    salt = ""

    shown = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        """Take the member who sends it: a form made for somebody else is refused."""
        super().__init__(*args, **kwargs)
        self.membership = membership
        self.is_foreign = False
        self.sealed: dict[str, Any] = {}

    def clean(self) -> dict[str, Any]:
        """Open the seal."""
        cleaned = super().clean() or self.cleaned_data
        try:
            self.sealed = signing.loads(cleaned.get("shown", ""), salt=self.salt)
        except signing.BadSignature:
            self.is_foreign = True
        else:
            self.is_foreign = self.sealed["membership"] != str(self.membership.pk)
        if self.is_foreign:
            raise forms.ValidationError(
                _("This form is not the one that was sent to you. Look at it again, then send it.")
            )
        return cleaned


class ProposeForm(SealedForm):
    """A proposal: its number, what has changed, the paper of its PDF."""

    salt = _PROPOSAL

    number = forms.ChoiceField(
        label=_("Number"),
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("This number is gone meanwhile. Choose again.")},
    )
    summary = forms.CharField(
        label=_("What has changed"),
        help_text=_("One or two sentences. They stand in the revision history from now on."),
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say what has changed.")},
    )
    paper = forms.ChoiceField(
        label=_("Paper of the PDF"),
        choices=Paper.choices,
        initial=Paper.A4,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, numbers: Mapping[Step, tuple[int, int]], **kwargs: Any) -> None:
        """Take the numbers that the next release can have."""
        super().__init__(*args, **kwargs)
        words = {
            Step.MINOR: _("%(number)s: a revision of what was agreed"),
            Step.MAJOR: _("%(number)s: a new agreement"),
        }
        if len(numbers) == 1:
            words[Step.MAJOR] = _("%(number)s: the first release")
        self.steps = {f"{major}.{minor}": step for step, (major, minor) in numbers.items()}
        field = cast("forms.ChoiceField", self.fields["number"])
        field.choices = [
            (number, words[step] % {"number": number}) for number, step in self.steps.items()
        ]
        field.initial = next(iter(self.steps))

    @property
    def step(self) -> Step:
        """Which part of the number goes up, after `is_valid`."""
        return self.steps[self.cleaned_data["number"]]

    @property
    def sight(self) -> DraftSight:
        """What of the draft was shown, after `is_valid`."""
        return DraftSight(self.sealed["digest"], self.sealed["size"])


class AttestForm(SealedForm):
    """An attestation: nothing to type, only what was shown."""

    salt = _ATTESTATION

    @property
    def sight(self) -> ReleaseSight:
        """What of the release was shown, after `is_valid`."""
        shown = Shown(self.sealed["digest"], self.sealed["sentence"])
        return ReleaseSight(uuid.UUID(self.sealed["release"]), shown)


class WithdrawReleaseForm(forms.Form):
    """Why a release or a proposal is taken back."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("It stands beside the release from now on."),
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why you withdraw the release.")},
    )
