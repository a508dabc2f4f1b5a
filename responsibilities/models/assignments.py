"""Items and the letters that teams have on them."""

from __future__ import annotations

from typing import override

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from responsibilities.choices import Applicability, Letter
from responsibilities.models.catalog import Responsibility
from responsibilities.models.workspaces import Seat, Team, Workspace


class Item(models.Model):
    """One responsibility in one workspace.

    `chosen` maps the key of an option of the responsibility to the chosen name. `version`
    goes up by one with every change to the item or its letters: a writer says which version
    it saw, and an older one is refused.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT, related_name="items")
    responsibility = models.ForeignKey(
        Responsibility, on_delete=models.PROTECT, related_name="items"
    )
    holder = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="held_items")
    applicability = models.CharField(
        _("applicability"),
        max_length=16,
        choices=Applicability,
        default=Applicability.APPLICABLE,
    )
    applicability_reason = models.TextField(_("reason"), blank=True)
    chosen = models.JSONField(default=dict, blank=True)
    note = models.TextField(_("implementation note"), blank=True)
    review_on = models.DateField(_("next review"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = (
            "responsibility__section__position",
            "responsibility__position",
            "responsibility__key",
        )
        constraints = (
            models.UniqueConstraint(
                fields=("workspace", "responsibility"), name="item_once_per_workspace"
            ),
            models.CheckConstraint(
                condition=models.Q(applicability=Applicability.APPLICABLE)
                | ~models.Q(applicability_reason=""),
                name="not_applicable_needs_reason",
                violation_error_message=_("Say why the item does not apply."),
            ),
        )

    @override
    def __str__(self) -> str:
        return self.responsibility.key


class Assignment(models.Model):
    """One letter of one team on one item, optionally with a named person.

    The database holds the one-A rule: at most one A per item.
    """

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="assignments")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="assignments")
    letter = models.CharField(max_length=1, choices=Letter)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="assignments",
    )

    class Meta:
        ordering = ("item", "team", "letter")
        constraints = (
            models.UniqueConstraint(fields=("item", "team", "letter"), name="letter_once_per_cell"),
            models.UniqueConstraint(
                fields=("item",), condition=models.Q(letter="A"), name="one_accountable_per_item"
            ),
            models.CheckConstraint(
                condition=models.Q(letter__in=[letter.value for letter in Letter]),
                name="letter_is_raci",
            ),
        )

    @override
    def __str__(self) -> str:
        return f"{self.item_id} {self.team_id} {self.letter}"
