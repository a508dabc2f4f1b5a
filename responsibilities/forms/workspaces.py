"""Forms for a new workspace and for changing one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast, override

from django import forms
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from responsibilities.choices import FindingKind, PartyKind
from responsibilities.forms.fields import DayField, NameField
from responsibilities.models import ModelVersion, Organization, Party, Workspace
from responsibilities.services.errors import InvalidError
from responsibilities.services.workspace_setup import (
    SLUG_TAKEN,
    check_slug,
    check_target_date,
)


class VersionField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """A choice among published model versions, named by model and label."""

    @override
    def label_from_instance(self, obj: Model) -> str:
        version = cast("ModelVersion", obj)
        return f"{version} ({version.model.publisher})"


class WorkspaceForm(forms.Form):
    """A new workspace: its model, who sits where, and how it is called.

    The fields of the parties depend on the model version: one for each party's organization,
    and the choice of one's own side. `suggested` prefills the organizations.
    """

    version = VersionField(label=_("Model"), queryset=ModelVersion.objects.none(), empty_label=None)
    name = NameField(
        label=_("Workspace name"),
        required=False,
        max_length=120,
        help_text=_("Leave it empty to use the customer’s name."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-workspace-name": True}),
    )
    slug = forms.CharField(
        label=_("Address"),
        required=False,
        max_length=60,
        help_text=_("Part of every link, for good. Leave it empty to make it from the name."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "data-workspace-slug": True}
        ),
    )
    target_date = DayField(
        label=_("Target date"),
        required=False,
        help_text=_("The day by which every side wants to have signed."),
    )
    use_template = forms.BooleanField(
        label=_("Put in the starter teams and their letters"), required=False, initial=True
    )

    def __init__(
        self,
        *args: Any,
        versions: QuerySet[ModelVersion],
        version: ModelVersion,
        suggested: Mapping[str, str],
        **kwargs: Any,
    ) -> None:
        """Take the published versions, the chosen one, and organizations by party key."""
        super().__init__(*args, **kwargs)
        self.model_version = version
        self.parties = list(Party.objects.filter(version=version))
        field = cast("forms.ModelChoiceField[ModelVersion]", self.fields["version"])
        field.queryset = versions
        field.initial = version.pk
        if self.initial.get("manager_party") not in {party.key for party in self.parties}:
            self.initial.pop("manager_party", None)  # typed for another model
        self.fields["manager_party"] = forms.ChoiceField(
            label=_("Your side"),
            choices=[(party.key, party.name) for party in self.parties],
            initial=own_party(self.parties).key,
            widget=forms.RadioSelect,
        )
        for party in self.parties:
            self.fields[f"organization_{party.key}"] = _organization_field(
                party, suggested.get(party.key, "")
            )

    @property
    def organization_fields(self) -> list[forms.BoundField]:
        """The fields of the parties' organizations, in the order of the model."""
        return [self[f"organization_{party.key}"] for party in self.parties]

    def organizations(self) -> dict[str, str]:
        """Return the organizations that were typed, by party key."""
        return {party.key: self.cleaned_data[f"organization_{party.key}"] for party in self.parties}

    def workspace_name(self) -> str:
        """Return the name that was typed, or else that of the customer."""
        named: str = self.cleaned_data["name"]
        return named or self.organizations()[customer_party(self.parties).key]

    def clean_slug(self) -> str:
        """Say early what the service would say; in a race, the service has the last word."""
        slug: str = self.cleaned_data["slug"].strip()
        if not slug:
            return ""
        with _as_validation_error():
            slug = check_slug(slug)
        if Workspace.objects.filter(slug=slug).exists():
            raise forms.ValidationError(SLUG_TAKEN)
        return slug

    def clean_target_date(self) -> dt.date | None:
        """Refuse a day in the past together with whatever else is wrong."""
        target_date: dt.date | None = self.cleaned_data["target_date"]
        with _as_validation_error():
            check_target_date(target_date)
        return target_date

    def refuse(self, field: str, message: str) -> None:
        """Put a service's refusal beside its field, or on top where there is no such field."""
        self.add_error(field if field in self.fields else None, message)


class WorkspaceEditForm(forms.Form):
    """Name and target date of a workspace, and what blocks its releases."""

    name = NameField(label=_("Workspace name"), max_length=120)
    target_date = DayField(
        label=_("Target date"),
        required=False,
        help_text=_("The day by which every side wants to have signed."),
    )
    blocking_findings = forms.MultipleChoiceField(
        label=_("Findings that block a release"),
        required=False,
        choices=FindingKind.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "While the matrix has a finding of a ticked kind, nobody can propose a release. "
            "Every other finding is listed and goes into the release with it."
        ),
    )

    @classmethod
    def of(cls, workspace: Workspace) -> WorkspaceEditForm:
        """Return the form as the workspace is now."""
        return cls(
            initial={
                "name": workspace.name,
                "target_date": workspace.target_date,
                "blocking_findings": workspace.blocking_findings,
            }
        )

    def refuse(self, field: str, message: str) -> None:
        """Put a service's refusal beside its field, or on top where there is no such field."""
        self.add_error(field if field in self.fields else None, message)


def own_party(parties: Sequence[Party]) -> Party:
    """Return the party whose side the creator most likely sits on: the provider's."""
    return _of_kind(parties, PartyKind.PROVIDER)


def customer_party(parties: Sequence[Party]) -> Party:
    """Return the party that a workspace is made for: the customer's."""
    return _of_kind(parties, PartyKind.CUSTOMER)


def _of_kind(parties: Sequence[Party], kind: PartyKind) -> Party:
    return next((party for party in parties if party.kind == kind), parties[0])


def _organization_field(party: Party, suggested: str) -> NameField:
    attrs: dict[str, Any] = {"list": "known-organizations", "autocomplete": "off"}
    if party.kind == PartyKind.CUSTOMER:
        attrs["data-customer"] = True
    return NameField(
        label=party.name,
        max_length=Organization._meta.get_field("name").max_length,
        initial=suggested,
        help_text=party.description,
        widget=forms.TextInput(attrs=attrs),
        error_messages={"required": _("Say which organization takes this seat.")},
    )


@contextmanager
def _as_validation_error() -> Iterator[None]:
    try:
        yield
    except InvalidError as error:
        raise forms.ValidationError(error.message) from error
