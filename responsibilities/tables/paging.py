"""Sorts a table as the address says, and cuts it into pages of a fixed size."""

from __future__ import annotations

import django_tables2 as tables
from django.core.paginator import Paginator
from django.http import HttpRequest


def arrange(table: tables.Table, request: HttpRequest, *, per_page: int | None) -> None:
    """Sort `table` and choose its page; one page has all rows if `per_page` is None.

    A column that is not there sorts nothing; what is no page becomes the first, and a page
    that is not there the last. The address cannot say how long a page is: django-tables2 would
    let it (``?per_page=``), and so render every row or divide by nothing.
    """
    tables.RequestConfig(request, paginate=False).configure(table)
    if per_page is not None:
        table.paginator = Paginator(table.rows, per_page)
        table.page = table.paginator.get_page(request.GET.get(table.prefixed_page_field))
