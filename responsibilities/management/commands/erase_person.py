"""Erase a person's data; every proof stays valid."""

from typing import Any, override

from django.core.management.base import BaseCommand, CommandError, CommandParser

from responsibilities.permissions import system_actor
from responsibilities.services import erasure
from responsibilities.services.errors import InvalidError

WHY_SIGNED = (
    "signed statements over the printed name; without it they would not be what was signed."
)
WHY_RELEASES = "They are frozen: changed, they would not be what was attested."
WHY_TEXTS = (
    "Notes, reasons and names are what sign-offs cover and what past days show; "
    "those of today can be edited."
)
WHY_EVIDENCE = "Their uploader has no name now. What stands inside files and notes was not read."
WHY_EXPORTS = "Names may stand in them, as in backups and in mails."


class Command(BaseCommand):
    """Says what was erased, and what was kept and why."""

    help = "Erase a person's data from accounts and logs, and report what was erased."

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="address of the person")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = erasure.erase(actor=system_actor(), email=options["email"])
        except InvalidError as error:
            raise CommandError(error.message) from error
        lines = [
            f"Erased: name, address and password of the account; it is now {done.person}.",
            f"Erased: {done.memberships} memberships.",
            *(
                f"Erased: the words of {count} events in {slug}."
                for slug, count in sorted(done.events.items())
            ),
            (
                f"Kept: {done.signoffs} sign-offs, {done.attestations} attestations and "
                f"{done.withdrawals} withdrawals: {WHY_SIGNED}"
            ),
            f"Kept: {done.releases} releases and proposals that name the person. {WHY_RELEASES}",
            (
                f"Kept: {done.texts} texts of matrices, of now and before, that name the person. "
                f"{WHY_TEXTS}"
            ),
            f"Kept: {done.signed_events} events that record them, for the same reason.",
            f"Kept: {done.evidence} evidence revisions handed in. {WHY_EVIDENCE}",
            f"Kept: {done.exports} export files made before. {WHY_EXPORTS}",
        ]
        for line in lines:
            self.stdout.write(line)
