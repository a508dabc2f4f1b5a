"""What the page of the matrix shows, for the page itself and for what swaps a part of it."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from responsibilities.matrix import Matrix, MatrixFilter
from responsibilities.permissions import Action, Actor, may_anywhere
from responsibilities.tables import matrix_filters
from responsibilities.tables.matrix import counts, grid


def page(everything: Matrix, chosen: MatrixFilter, actor: Actor) -> dict[str, Any]:
    """Return the context of the matrix under a filter. No query.

    An edition that is not the draft can be filtered and read, but not changed.
    """
    address = reverse("matrix", kwargs={"slug": everything.workspace.slug})
    is_draft = not chosen.as_of
    may_edit = is_draft and may_anywhere(actor, Action.ASSIGN)
    may_sign = is_draft and may_anywhere(actor, Action.SIGN)
    return {
        "workspace": everything.workspace,
        "nav": "matrix",
        "address": address,
        "unfiltered": f"{address}?as_of={chosen.as_of}" if chosen.as_of else address,
        "grid": grid(chosen.apply(everything), actor, chosen.as_of),
        "totals": counts(everything),
        "chosen": chosen,
        "query": chosen.query_string(),
        "menus": matrix_filters.menus(everything, chosen),
        "chips": matrix_filters.chips(everything, chosen),
        "may_edit": may_edit,
        "may_sign": may_sign,
        "may_select": may_edit or may_sign,
        "may_export": is_draft and may_anywhere(actor, Action.EXPORT),
    }
