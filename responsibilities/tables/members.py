"""The members of one side, as a table."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.utils.translation import gettext_lazy as _


class MemberTable(tables.Table):  # type: ignore[misc]  # the library has no types
    """Name, role, teams, end of access, last activity. Rows are what the members' page gives."""

    name = tables.TemplateColumn(
        template_name="member_list/_name.html",
        verbose_name=_("Name"),
        order_by=("name", "email"),
        attrs={"td": {"class": "title-cell"}},
    )
    role = tables.Column(verbose_name=_("Role"), order_by=("role_order", "name"))
    expires = tables.TemplateColumn(
        template_name="member_list/_expires.html",
        verbose_name=_("Access ends"),
        order_by=("expires_sort", "name"),
        attrs={"td": {"class": "nowrap"}},
    )
    last_seen = tables.TemplateColumn(
        template_name="member_list/_last.html",
        verbose_name=_("Last change"),
        order_by=("last_sort", "name"),
        attrs={"td": {"class": "nowrap"}},
    )
    teams = tables.TemplateColumn(
        template_name="member_list/_teams.html", verbose_name=_("Teams"), orderable=False
    )
    actions = tables.TemplateColumn(
        template_name="member_list/_actions.html",
        verbose_name=_("Actions"),
        orderable=False,
        attrs={"td": {"class": "row-actions"}, "th": {"class": "row-actions"}},
    )

    class Meta:
        attrs = {"class": "table table-stack members-table"}
        empty_text = _("Nobody yet.")
        order_by = ("name",)

    hx_target = "#members"

    def __init__(self, *args: Any, caption: str, **kwargs: Any) -> None:
        """Take the spoken name of the table."""
        super().__init__(*args, **kwargs)
        self.caption = caption
