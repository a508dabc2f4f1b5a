"""Add a person who can sign in."""

import sys
from typing import Any, override

from django.core.management.base import BaseCommand, CommandError, CommandParser

from responsibilities.permissions import system_actor
from responsibilities.services import accounts
from responsibilities.services.errors import InvalidError

NEXT_STEP = {
    True: "They can sign in with the password given.",
    False: "They set a password through “Forgot your password?” on the login page.",
}


class Command(BaseCommand):
    """Adds an account, or only grants the right to create workspaces to an account there is."""

    help = "Add a person who can sign in; optionally let them create workspaces."

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="address to sign in with")
        parser.add_argument("--name", default="", help="name as it is printed in sign-offs")
        parser.add_argument(
            "--may-create-workspaces",
            action="store_true",
            help="let the person create workspaces; works for an existing account too",
        )
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="read the password from standard input (default: none; the reset mail sets it)",
        )

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        grant: bool = options["may_create_workspaces"]
        try:
            if grant and not options["name"]:
                user = accounts.find(options["email"])
                accounts.allow_creating(actor=system_actor(), user=user)
                said = f"{user.email} may create workspaces now."
            else:
                user = accounts.add(
                    actor=system_actor(),
                    email=options["email"],
                    name=options["name"],
                    password=self.password(stdin=options["password_stdin"]),
                    may_create_workspaces=grant,
                )
                said = f"{user.email} added. {NEXT_STEP[user.has_usable_password()]}"
        except InvalidError as error:
            raise CommandError(error.message) from error
        self.stdout.write(self.style.SUCCESS(said))

    def password(self, *, stdin: bool) -> str:
        """Return the first line of standard input. Raises CommandError if it is empty."""
        if not stdin:
            return ""
        password = sys.stdin.readline().rstrip("\r\n")
        if not password:
            msg = "There is no password on standard input. Nothing was added."
            raise CommandError(msg)
        return password
