"""The table of checkpoints."""

from __future__ import annotations

from typing import ClassVar

import django_tables2 as tables
from django.utils.translation import gettext_lazy


class CheckpointTable(tables.Table):  # type: ignore[misc]  # django-tables2 has no types
    """Checkpoints, the longest log first: events, when, root, key, and the note itself."""

    caption = gettext_lazy("Checkpoints")

    size = tables.Column(
        verbose_name=gettext_lazy("Events"),
        attrs={"td": {"class": "num"}, "th": {"class": "num"}},
    )
    issued_at = tables.TemplateColumn(
        "{% load ui %}{% timestamp value %}",
        verbose_name=gettext_lazy("Issued"),
        attrs={"td": {"class": "nowrap"}},
    )
    root = tables.TemplateColumn(
        "{% load ui %}{% digest value %}", verbose_name=gettext_lazy("Root")
    )
    key = tables.TemplateColumn(
        "{% load ui %}{% digest record.key.fingerprint %}", verbose_name=gettext_lazy("Key")
    )
    note = tables.TemplateColumn(
        template_name="checkpoint_list/_note.html",
        verbose_name=gettext_lazy("Signed note"),
        attrs={"td": {"class": "num"}, "th": {"class": "num"}},
    )

    class Meta:
        orderable = False
        attrs: ClassVar[dict[str, str]] = {"class": "table table-stack"}
        empty_text = gettext_lazy(
            "No checkpoints yet. One is made with each export, and once a day."
        )

    def __init__(self, rows: object, *, slug: str) -> None:
        """Take the checkpoints, and the workspace's slug for the links."""
        super().__init__(rows)
        self.slug = slug
