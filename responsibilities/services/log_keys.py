"""The key that signs checkpoints. The private part stays outside the database.

It comes from the setting REXMATRIX_LOG_KEY or from the file REXMATRIX_LOG_KEY_FILE, which is read
each time, so that a new key counts at once. The database holds every public key there was, each
vouched for by the one before it. Keys belong to no workspace, so nothing here appends to a log.
"""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from responsibilities import notes
from responsibilities.models import LogKey
from responsibilities.notes import SigningKey, VerifierKey
from responsibilities.permissions import Actor
from responsibilities.services.errors import InvalidError, NotAllowedError

ROTATION_HEADER = "rexmatrix log key rotation v1"


class KeyMismatchError(InvalidError):
    """The configured key is not the newest one that the database knows. Nothing is signed."""


def signing_key() -> SigningKey:
    """Return the configured private key. Raises InvalidError if it cannot be read."""
    try:
        text = settings.REXMATRIX_LOG_KEY or _read(settings.REXMATRIX_LOG_KEY_FILE)
        return SigningKey.parse(text)
    except (OSError, ValueError) as error:
        raise InvalidError(_("The key that signs checkpoints cannot be read.")) from error


@transaction.atomic
def current() -> tuple[SigningKey, LogKey]:
    """Return the configured key and its row; the first key ever gets its row now.

    Raises KeyMismatchError if the newest key that is known is another one, InvalidError if the
    configured key cannot be read.
    """
    secret = signing_key()
    public = base64.b64encode(secret.public).decode()
    newest = LogKey.objects.order_by("-pk").first()
    if newest is None:
        newest, _is_new = LogKey.objects.get_or_create(public=public)
    if newest.public != public:
        raise KeyMismatchError(
            _(
                "The configured log key (SHA-256 %(configured)s…) is not the newest one that is "
                "known (%(newest)s…). Nothing was signed. Configure that key, or put a new one "
                "into place with manage.py rotate_log_key."
            )
            % {
                "configured": notes.fingerprint(secret.public)[:16],
                "newest": newest.fingerprint[:16],
            }
        )
    return secret, newest


def known() -> list[LogKey]:
    """Return every key, the newest first; before the first signature the configured one alone.

    Writes nothing. Raises InvalidError if there is none yet and the configured one is unreadable.
    """
    found = list(LogKey.objects.order_by("-pk"))
    return found or [LogKey(public=base64.b64encode(signing_key().public).decode())]


def verifier(key: LogKey, name: str = "") -> VerifierKey:
    """Return a key under a name; without one under the name of this host."""
    return VerifierKey(name or settings.REXMATRIX_LOG_HOST, key.raw)


def rotate(*, actor: Actor, path: Path) -> LogKey:
    """Make a new key, let the old one vouch for it, and put it into the file `path`.

    The new key is written beside `path` first, so that it is never known to the database alone;
    a call after a crash goes on with it. Raises NotAllowedError for a person, InvalidError if
    another file is in the way, KeyMismatchError as `current` does.
    """
    if not actor.is_system:
        raise NotAllowedError(_("Only the operator can change the log key, with a command."))
    configured = settings.REXMATRIX_LOG_KEY_FILE
    if path.exists() and not (configured and path.samefile(configured)):
        message = _("%(path)s exists already. Nothing was changed.")
        raise InvalidError(message % {"path": path})
    waiting = path.with_name(f"{path.name}.next")
    new = SigningKey.parse(_read(waiting)) if waiting.exists() else _write_new(waiting)
    row = _succeed(new)
    waiting.replace(path)
    _sync_folder(path)
    return row


@transaction.atomic
def _succeed(new: SigningKey) -> LogKey:
    """Add the row of the new key, unless a call before this one got that far."""
    public = base64.b64encode(new.public).decode()
    newest = LogKey.objects.order_by("-pk").first()
    if newest is not None and newest.public == public:
        return newest
    old, row = current()
    host = settings.REXMATRIX_LOG_HOST
    text = (
        f"{ROTATION_HEADER}\n{host}\nold {verifier(row)}\nnew {new.verifier(host)}\n"
        f"{timezone.now().isoformat(timespec='seconds')}\n"
    )
    note = notes.sign(text, (old, host), (new, host))
    return LogKey.objects.create(public=public, rotation=note)


def _read(path: str | Path) -> str:
    return Path(path).read_text(encoding="ascii")


def _write_new(path: Path) -> SigningKey:
    """Write 32 new random bytes into a file that nobody else can read."""
    text = base64.b64encode(secrets.token_bytes(notes.KEY_BYTES)).decode()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return SigningKey.parse(text)


def _sync_folder(path: Path) -> None:
    """Make sure that the new name outlives a loss of power, where folders can be synced."""
    with contextlib.suppress(OSError):
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
