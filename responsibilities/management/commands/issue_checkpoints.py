"""Sign where each audit log stands, and mail it."""

from typing import Any, override

from django.core.management.base import BaseCommand, CommandError

from responsibilities.permissions import system_actor
from responsibilities.services import checkpoints
from responsibilities.services.errors import InvalidError


class Command(BaseCommand):
    """Does at once what a task does every day. A log that has not grown gets none and no mail."""

    help = "Issue a checkpoint for every log that has grown, and mail it to both sides' managers."

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        refused = []
        for workspace, issued in checkpoints.issue_due(actor=system_actor()):
            if isinstance(issued, InvalidError):
                refused.append(f"{workspace.slug}: {issued.message}")
                continue
            mails = checkpoints.mail(checkpoint=issued)
            self.stdout.write(f"{workspace.slug}: {issued.size} events, {mails} mails.")
        if refused:
            raise CommandError(" ".join(refused))
