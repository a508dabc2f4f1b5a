"""An edition of a matrix that is not the draft: a release, or the state at the end of a day."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from responsibilities.choices import ReleaseStatus
from responsibilities.matrix.load import load
from responsibilities.matrix.past import NotYetError, recorded_since
from responsibilities.matrix.releases import NUMBER, ReleaseInfo, by_number, edition, releases
from responsibilities.matrix.shapes import Matrix
from responsibilities.matrix.snapshot import DamagedError
from responsibilities.models import Release, Workspace

_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"


class AsOfError(LookupError):
    """There is no such edition. `message` says why, in words; `status` is that of the answer."""

    def __init__(self, message: str, status: int = 404) -> None:
        """Take the message and the status."""
        super().__init__(message)
        self.message = message
        self.status = status


@dataclass(frozen=True, slots=True)
class Edition:
    """A matrix as it was. `text` names it in an address: 1.0, or 2026-11-20.

    Without `release` it is the end of a day, from the records of this server. `successor` is the
    release that superseded this one.
    """

    text: str
    matrix: Matrix
    release: ReleaseInfo | None = None
    successor: ReleaseInfo | None = None

    @property
    def label(self) -> str:
        """What people call it."""
        if self.release is None:
            return formats.date_format(self.matrix.today, "j F Y")
        return _("Release %(number)s") % {"number": self.release.number}


def edition_at(workspace: Workspace, text: str) -> Edition:
    """Return the edition that an address names: a release or proposal, or the end of a day.

    A day is one of the server's time zone, and has to be over. Raises AsOfError. The number of
    queries depends neither on the items nor on the releases.
    """
    if re.fullmatch(NUMBER, text):
        return _release(workspace, text)
    try:
        day = dt.date.fromisoformat(text) if re.fullmatch(_DAY, text) else None
    except ValueError:
        day = None
    if day is None:
        message = _("“%(text)s” is neither the number of a release, such as 1.0, nor a day.")
        raise AsOfError(message % {"text": text[:40]}, 400)
    return _day(workspace, day)


def offered(workspace: Workspace) -> list[tuple[str, ReleaseStatus]]:
    """Return number and status of all releases and proposals, the newest first. One query."""
    found = Release.objects.filter(workspace=workspace).values_list("major", "minor", "status")
    return [(f"{major}.{minor}", ReleaseStatus(status)) for major, minor, status in found]


def _release(workspace: Workspace, number: str) -> Edition:
    try:
        release = by_number(workspace, number)
    except Release.DoesNotExist as missing:
        message = _("There is no release %(number)s in this workspace.") % {"number": number}
        raise AsOfError(message) from missing
    try:
        grid = edition(workspace, release)
    except DamagedError as damaged:
        message = _(
            "What is stored of release %(number)s does not fit its digest. Tell the operator."
        )
        raise AsOfError(message % {"number": number}, 409) from damaged
    infos = releases(workspace)
    info = next(info for info in infos if info.id == release.pk)
    after = (i for i in infos if i.previous == info.number and i.was_effective)
    return Edition(info.number, grid, info, next(after, None))


def _day(workspace: Workspace, day: dt.date) -> Edition:
    if day >= timezone.localdate():
        message = _("%(day)s is not over yet. Choose a day before today, or the present draft.")
        raise AsOfError(message % {"day": day.isoformat()}, 400)
    first = recorded_since(workspace)
    if first is None or day < timezone.localdate(first):
        raise _before(first)
    midnight = dt.datetime.combine(day + dt.timedelta(days=1), dt.time.min)
    try:
        grid = load(workspace, at=timezone.make_aware(midnight) - dt.timedelta(milliseconds=1))
    except NotYetError as error:
        raise _before(error.first) from error
    grid.workspace.slug = workspace.slug
    return Edition(day.isoformat(), grid)


def _before(first: dt.datetime | None) -> AsOfError:
    if first is None:
        return AsOfError(_("This server has no records of earlier days of this workspace."))
    message = _("This workspace is recorded since %(day)s. Choose that day or a later one.")
    return AsOfError(message % {"day": timezone.localdate(first).isoformat()})
