"""The accounts of the demo data, for the login page of a demo copy.

In production settings there is no demo, and nothing here asks the database.
"""

from __future__ import annotations

from typing import NamedTuple

from django import template
from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX

from responsibilities.models import Membership

register = template.Library()

MOST_ACCOUNTS = 8
MOST_MEMBERSHIPS = 200


class DemoAccount(NamedTuple):
    """One account: its address, and for each role the workspaces it has it in."""

    email: str
    roles: dict[str, list[str]]


@register.simple_tag
def demo_password() -> str:
    """Return the published password of the demo accounts; "" where there is no demo."""
    return settings.REXMATRIX_DEMO_PASSWORD if settings.REXMATRIX_DEMO else ""


@register.simple_tag
def demo_accounts() -> list[DemoAccount]:
    """Return the accounts one can sign in with, in one query; none where there is no demo.

    Their addresses end in .example, which nobody can own (RFC 2606).
    """
    if not settings.REXMATRIX_DEMO:
        return []
    memberships = (
        Membership.objects.filter(user__email__endswith=".example", user__is_active=True)
        .exclude(user__password__startswith=UNUSABLE_PASSWORD_PREFIX)
        .select_related("user", "workspace")
        .order_by("user__email", "workspace__name")[:MOST_MEMBERSHIPS]
    )
    accounts: dict[str, DemoAccount] = {}
    for membership in memberships:
        email = membership.user.email
        if email not in accounts and len(accounts) == MOST_ACCOUNTS:
            break
        account = accounts.setdefault(email, DemoAccount(email, {}))
        account.roles.setdefault(membership.get_role_display(), []).append(
            membership.workspace.name
        )
    return list(accounts.values())
