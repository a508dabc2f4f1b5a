"""Sign where each audit log stands, and mail it."""

from typing import Any, override

from django.core.management.base import BaseCommand, CommandError

from responsibilities.permissions import system_actor
from responsibilities.services import checkpoints
from responsibilities.services.errors import InvalidError


class Command(BaseCommand):
    """Meant to run once a day. A log that has not grown gets no new checkpoint and no mail."""

    help = "Issue a checkpoint for every log that has grown, and mail it to both sides' managers."

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        refused = []
        for workspace in list(checkpoints.due()):
            try:
                checkpoint = checkpoints.issue(actor=system_actor(), workspace=workspace)
            except InvalidError as error:
                refused.append(f"{workspace.slug}: {error.message}")
                continue
            mails = checkpoints.mail(checkpoint=checkpoint)
            self.stdout.write(f"{workspace.slug}: {checkpoint.size} events, {mails} mails.")
        if refused:
            raise CommandError(" ".join(refused))
