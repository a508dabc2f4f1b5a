"""The filter of the evidence register. What it holds is what stands in the address."""

from __future__ import annotations

import datetime as dt
from typing import Any

import django_filters as filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from responsibilities.choices import EvidenceKind
from responsibilities.forms.evidence import Choices, item_choices
from responsibilities.matrix import EXPIRING_WITHIN, EvidenceState
from responsibilities.models import Evidence, Seat, Workspace

FRESHNESS = [
    (EvidenceState.FRESH.value, _("Valid")),
    (EvidenceState.EXPIRING.value, _("Expires soon")),
    (EvidenceState.EXPIRED.value, _("Expired")),
]
ARCHIVED = [("only", _("Archived")), ("with", _("All"))]
UNLINKED = "none"

type Pieces = QuerySet[Evidence]


class EvidenceFilter(filters.FilterSet):  # type: ignore[misc]  # untyped library
    """Text, kind, side, freshness, item, and what is archived. Fields all have to hold."""

    q = filters.CharFilter(
        label=_("Search"),
        method="by_text",
        widget=forms.TextInput(attrs={"type": "search", "maxlength": 200}),
    )
    kind = filters.ChoiceFilter(label=_("Kind"), choices=EvidenceKind.choices, empty_label=_("Any"))
    side = filters.ChoiceFilter(
        label=_("Side"), field_name="seat__party__key", empty_label=_("Any")
    )
    state = filters.ChoiceFilter(
        label=_("Freshness"), choices=FRESHNESS, method="by_state", empty_label=_("Any")
    )
    item = filters.ChoiceFilter(label=_("Item"), method="by_item", empty_label=_("Any"))
    archived = filters.ChoiceFilter(
        label=_("Archive"), choices=ARCHIVED, method="by_archive", empty_label=_("In use")
    )

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        """Take the workspace, whose sides and items are the choices."""
        super().__init__(*args, **kwargs)
        seats = Seat.objects.filter(workspace=workspace).select_related("party", "organization")
        self.filters["side"].extra["choices"] = [
            (seat.party.key, seat.organization.name) for seat in seats
        ]
        choices: Choices = item_choices(workspace)
        self.filters["item"].extra["choices"] = [(UNLINKED, _("Not linked to any")), *choices]

    @property
    def is_active(self) -> bool:
        """Whether the filter leaves anything out that is in use, or shows what is not."""
        return self.form.is_valid() and any(self.form.cleaned_data.values())

    def filter_queryset(self, queryset: Pieces) -> Pieces:
        """Apply every field; without a wish archived pieces stay out."""
        found: Pieces = super().filter_queryset(queryset)
        return found if self.form.cleaned_data["archived"] else found.in_use()  # type: ignore[attr-defined]

    def by_text(self, queryset: Pieces, _name: str, value: str) -> Pieces:
        """Keep pieces in which every word occurs."""
        for word in value[:200].split():
            queryset = queryset.filter(
                Q(title__icontains=word)
                | Q(current__file_name__icontains=word)
                | Q(current__url__icontains=word)
                | Q(current__text__icontains=word)
                | Q(current__sha256__istartswith=word)
            )
        return queryset

    def by_state(self, queryset: Pieces, _name: str, value: str) -> Pieces:
        """Keep pieces by how fresh they are today, as `matrix.freshness` has it."""
        today = timezone.localdate()
        soon: dt.date = today + EXPIRING_WITHIN
        if value == EvidenceState.EXPIRED:
            return queryset.filter(current__valid_until__lt=today)
        if value == EvidenceState.EXPIRING:
            return queryset.filter(current__valid_until__range=(today, soon))
        return queryset.filter(Q(current__valid_until=None) | Q(current__valid_until__gt=soon))

    def by_item(self, queryset: Pieces, _name: str, value: str) -> Pieces:
        """Keep pieces that serve this item, or none."""
        if value == UNLINKED:
            return queryset.filter(links=None)
        return queryset.filter(links__item__responsibility__key=value)

    def by_archive(self, queryset: Pieces, _name: str, value: str) -> Pieces:
        """Keep archived pieces, alone or with the others."""
        return queryset.exclude(archived_at=None) if value == "only" else queryset
