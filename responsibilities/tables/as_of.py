"""The banner of an edition that is not the draft, and the menu that leads to editions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from responsibilities.choices import ReleaseStatus
from responsibilities.matrix.as_of import Edition
from responsibilities.matrix.releases import ReleaseInfo


class Banner(NamedTuple):
    """What is shown instead of the draft. `number` is that of a release, "" for a day."""

    label: str
    sentence: str
    number: str
    text: str


class EditionChoice(NamedTuple):
    """An edition that can be chosen: its name, the rest of the address, whether it is shown."""

    label: str
    note: str
    query: str
    is_current: bool


class EditionMenu(NamedTuple):
    """The menu of editions. `day` is the day that is shown, `kept` the rest of the address."""

    label: str
    choices: list[EditionChoice]
    day: str
    kept: list[tuple[str, str]]


def banner(edition: Edition) -> Banner:
    """Say what an edition is and what it is worth."""
    release = edition.release
    if release is None:
        sentence = _(
            "As of the end of %(day)s, from this server's records; nobody attested this state."
        )
        return Banner(edition.label, sentence % {"day": edition.label}, "", edition.text)
    said = _standing(release, edition.successor)
    return Banner(edition.label, f"{edition.label}, {said}", release.number, edition.text)


def menu(
    offered: Iterable[tuple[str, ReleaseStatus]], query: str, shown: Edition | None
) -> EditionMenu:
    """Return the menu of a page whose address has the filter `query`, without an edition."""
    text = shown.text if shown else ""
    kept = parse_qsl(query, keep_blank_values=True)
    return EditionMenu(
        label=shown.label if shown else _("Present draft"),
        choices=[
            EditionChoice(_("Present draft"), "", query, not text),
            *(
                EditionChoice(
                    _("Release %(number)s") % {"number": number},
                    str(status.label),
                    urlencode([("as_of", number), *kept]),
                    number == text,
                )
                for number, status in offered
            ),
        ],
        day=text if shown and shown.release is None else "",
        kept=kept,
    )


def _standing(release: ReleaseInfo, successor: ReleaseInfo | None) -> str:
    """Say since when a release is in force, or why it is not."""
    days: Mapping[str, str] = {
        "proposed": _day(release.proposed_at),
        "since": _day(release.effective_at) if release.effective_at else "",
        "until": _day(successor.effective_at) if successor and successor.effective_at else "",
        "next": successor.number if successor else "",
        "withdrawn": _day(release.withdrawal.withdrawn_at) if release.withdrawal else "",
        "reason": release.withdrawal.reason if release.withdrawal else "",
        "sides": ", ".join(release.waiting),
    }
    words = {
        ReleaseStatus.PROPOSED: _("proposed on %(proposed)s; %(sides)s must still attest it."),
        ReleaseStatus.CURRENT: _("in force since %(since)s."),
        ReleaseStatus.SUPERSEDED: _(
            "in force from %(since)s until release %(next)s took its place on %(until)s."
        ),
        ReleaseStatus.WITHDRAWN: _("withdrawn on %(withdrawn)s: %(reason)s"),
    }
    return words[release.status] % days


def _day(moment: dt.datetime) -> str:
    return date_format(localtime(moment), "j F Y")
