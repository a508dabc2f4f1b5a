"""The health check that load balancers and `make run` ask."""

import logging
from collections.abc import Callable
from uuid import uuid4

from django.contrib.auth.decorators import login_not_required
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

logger = logging.getLogger(__name__)


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when database and storage can be used, else 503; the body names each reason.

    The reason is the kind of error only, because anybody may ask; the log has all of it.
    """
    checks = {"database": outcome(check_database), "storage": outcome(check_storage)}
    healthy = all(result == "ok" for result in checks.values())
    return JsonResponse(
        {"status": "ok" if healthy else "unavailable", "checks": checks},
        status=200 if healthy else 503,
    )


def outcome(check: Callable[[], None]) -> str:
    """Run one check and return "ok", or what stopped it."""
    try:
        check()
    except Exception as error:
        logger.exception("Health check failed: %s", check.__name__)
        return f"cannot be used ({type(error).__name__}); the server's log says more"
    return "ok"


def check_database() -> None:
    """Begin a transaction that may write, and read in it.

    On SQLite the transaction takes the write lock, so a full or read-only disk shows here; on
    PostgreSQL a standby or read-only server is refused.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        if connection.vendor == "postgresql":
            cursor.execute("SET TRANSACTION READ WRITE")


def check_storage() -> None:
    """Write a small file to the evidence storage, read it back, remove it."""
    expected = uuid4().bytes
    name = default_storage.save(f"health/{uuid4().hex}", ContentFile(expected))
    try:
        with default_storage.open(name) as file:
            found = file.read()
    finally:
        default_storage.delete(name)
    if found != expected:
        msg = "the storage gave back other bytes than it was given"
        raise OSError(msg)
