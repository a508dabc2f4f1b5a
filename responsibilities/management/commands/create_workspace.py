"""Create a workspace."""

import datetime as dt
from typing import Any, override

from django.core.management.base import BaseCommand, CommandError, CommandParser

from responsibilities.permissions import system_actor
from responsibilities.services import accounts, workspace_setup, workspaces
from responsibilities.services.errors import InvalidError


def named_organization(text: str) -> tuple[str, str]:
    """Split ``party=NAME``. Raises ValueError where a part is missing."""
    party, sign, name = text.partition("=")
    if not (party.strip() and sign and name.strip()):
        raise ValueError(text)
    return party.strip(), name.strip()


class Command(BaseCommand):
    """Prints the address of the new workspace."""

    help = "Create a workspace from a published model; the manager sits on the provider's side."

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--model", required=True, metavar="SLUG[@LABEL]", help="model; default: newest version"
        )
        parser.add_argument("--customer", required=True, metavar="NAME", help="the customer")
        parser.add_argument("--name", required=True, help="name of the workspace")
        parser.add_argument(
            "--manager", required=True, metavar="EMAIL", help="first manager, an existing account"
        )
        parser.add_argument("--slug", default="", help="address (default: made from the name)")
        parser.add_argument(
            "--organization",
            action="append",
            default=[],
            type=named_organization,
            metavar="PARTY=NAME",
            help="organization of a party by its key (default: provider: the publisher; "
            "others: the party's name); may be given several times",
        )
        parser.add_argument(
            "--no-template", action="store_true", help="without starter teams and letters"
        )
        parser.add_argument(
            "--target-date", type=dt.date.fromisoformat, metavar="YYYY-MM-DD", help="target date"
        )

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            version = workspace_setup.published_version(options["model"])
            workspace = workspaces.create(
                actor=system_actor(),
                version=version,
                name=options["name"],
                slug=options["slug"],
                organizations=workspace_setup.default_organizations(
                    version, customer=options["customer"], named=dict(options["organization"])
                ),
                manager=accounts.find(options["manager"]),
                manager_party=workspace_setup.provider_party(version),
                use_template=not options["no_template"],
                target_date=options["target_date"],
            )
        except InvalidError as error:
            raise CommandError(error.message) from error
        self.stdout.write(self.style.SUCCESS(f"{workspace.name}: created at /w/{workspace.slug}/"))
