"""List the demo accounts and what they may do."""

from collections.abc import Iterable
from typing import Any, override

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from responsibilities.models import Membership, User

MOST = 30  # each costs one password hash


class Command(BaseCommand):
    """Lists only accounts that the published password still opens."""

    help = "List the demo accounts and what they may do."

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.REXMATRIX_DEMO:
            msg = "There is no demo data here: REXMATRIX_DEMO is off, as it must be in production."
            raise CommandError(msg)
        accounts = list(demo_accounts())
        if not accounts:
            self.stdout.write("There are no demo accounts.")
            return
        self.stdout.write(f"Demo accounts, password {settings.REXMATRIX_DEMO_PASSWORD}:")
        width = max(len(email) for email, _ in accounts)
        for email, roles in accounts:
            self.stdout.write(f"  {email:<{width}}  {roles}")


def demo_accounts() -> Iterable[tuple[str, str]]:
    """Yield address and roles of each account of the demo data.

    Its addresses end in .example, which nobody can own (RFC 2606); whoever has changed the
    password is no longer one of them.
    """
    users = User.objects.filter(
        email__endswith=".example", is_active=True, memberships__isnull=False
    )
    memberships = Membership.objects.select_related("workspace").order_by("workspace__slug")
    for user in users.order_by("email").distinct()[:MOST]:
        if user.check_password(settings.REXMATRIX_DEMO_PASSWORD):
            mine = memberships.filter(user=user)
            yield user.email, ", ".join(f"{m.role} in {m.workspace.slug}" for m in mine)
