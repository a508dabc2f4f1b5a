"""List the demo accounts and what they may do."""

from typing import Any, override

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from responsibilities.templatetags.demo import demo_accounts


class Command(BaseCommand):
    """Lists the accounts that the login page of a demo copy names as well."""

    help = "List the demo accounts and what they may do."

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.REXMATRIX_DEMO:
            msg = "There is no demo data here: REXMATRIX_DEMO is off, as it must be in production."
            raise CommandError(msg)
        accounts = demo_accounts()
        if not accounts:
            self.stdout.write("There are no demo accounts.")
            return
        self.stdout.write(f"Demo accounts, password {settings.REXMATRIX_DEMO_PASSWORD}:")
        width = max(len(account.email) for account in accounts)
        for account in accounts:
            roles = "; ".join(
                f"{role} of {', '.join(workspaces)}" for role, workspaces in account.roles.items()
            )
            self.stdout.write(f"  {account.email:<{width}}  {roles}")
