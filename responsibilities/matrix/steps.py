"""What one person has to do next in a workspace, most pressing first.

Every step that is about items is a filter of the matrix: its number is how many rows that filter
leaves, so that the page behind the link never shows another number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from responsibilities.choices import FindingKind, Letter, Role
from responsibilities.matrix.filters import MINE, MatrixFilter, State
from responsibilities.matrix.shapes import Matrix, SeatInfo
from responsibilities.permissions import Action, Actor, may, may_anywhere

_OWNER = (Letter.RESPONSIBLE.value, Letter.ACCOUNTABLE.value)


class Place(StrEnum):
    """The page on which a step is done."""

    MATRIX = "matrix"
    SIGN = "sign"
    TEAMS = "teams"
    MEMBERS = "members"
    RELEASE = "release"


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do: how many, in words, where, and the filter as it stands in an address.

    At `Place.RELEASE` the number of the `release` says where.
    """

    count: int
    text: str
    place: Place
    query: str = ""
    release: str = ""


def next_steps(
    matrix: Matrix, actor: Actor, *, to_sign: int = 0, to_attest: str = ""
) -> tuple[Step, ...]:
    """Return what `actor` has to do next. Nothing for somebody who can only read.

    `to_sign` is how many items the actor can sign now, `to_attest` the number of the release
    that waits for the actor, if there is one. It comes first: it is frozen, so nothing else that
    is to do changes it, and the other sides wait for it.
    """
    seat = _own_seat(matrix, actor)
    if seat is None:
        return ()
    return (
        *([_attest(to_attest)] if to_attest else []),
        *_people_steps(matrix, actor),
        *(step for step in _item_steps(matrix, actor, seat) if step.count),
        *([Step(to_sign, _sign(to_sign), Place.SIGN)] if to_sign else []),
    )


def _own_seat(matrix: Matrix, actor: Actor) -> SeatInfo | None:
    return next((seat for seat in matrix.seats if seat.id == actor.seat_id), None)


def _people_steps(matrix: Matrix, actor: Actor) -> Iterator[Step]:
    """Yield what is missing before anybody can work: managers, and people on teams."""
    for seat in matrix.seats:
        if seat.vacant and may(actor, Action.MEMBER_MANAGE, seat.id, vacant=True):
            text = _("%(organization)s has no manager yet. Add one.")
            yield Step(1, text % {"organization": seat.organization}, Place.MEMBERS)
    empty = [
        finding
        for finding in matrix.team_findings
        if finding.team
        and may(actor, Action.TEAM_MANAGE, finding.team.seat.id, vacant=finding.team.seat.vacant)
    ]
    if empty:
        text = ngettext(
            "%(count)s team owns items but has no members. Put people on it.",
            "%(count)s teams own items but have no members. Put people on them.",
            len(empty),
        )
        yield Step(len(empty), text % {"count": len(empty)}, Place.TEAMS)


def _item_steps(matrix: Matrix, actor: Actor, seat: SeatInfo) -> Iterator[Step]:
    user_id = actor.user.pk if actor.user else None
    everything = MatrixFilter(seat_id=seat.id, user_id=user_id)

    def step(words: Callable[[int], str], **fields: Any) -> Step:
        wanted = replace(everything, **fields)
        count = sum(map(wanted.matches, matrix.rows))
        return Step(count, words(count), Place.MATRIX, wanted.query_string())

    if may_anywhere(actor, Action.SIGN):
        yield step(_resign, state=(State.STALE, State.UNSIGNED_US))
    if may_anywhere(actor, Action.ASSIGN):
        yield step(_assign, side=(seat.key,), state=(State.UNASSIGNED,))
    if may_anywhere(actor, Action.EVIDENCE_EDIT):
        yield step(_renew, person=(MINE,), letter=_OWNER, state=(State.EXPIRING,))
        yield step(_prove, person=(MINE,), letter=_OWNER, state=(State.NO_EVIDENCE,))
    if actor.membership and actor.membership.role == Role.MANAGER:
        yield step(_side_prove, side=(seat.key,), state=(State.NO_EVIDENCE,))
    if may_anywhere(actor, Action.ITEM_EDIT):
        yield step(_review, side=(seat.key,), finding=(FindingKind.REVIEW_OVERDUE,))


def _attest(number: str) -> Step:
    text = _("Release %(number)s waits for your attestation. Read it and attest.")
    return Step(1, text % {"number": number}, Place.RELEASE, release=number)


def _resign(count: int) -> str:
    text = ngettext(
        "%(count)s item has changed since it was signed. Look at it again.",
        "%(count)s items have changed since they were signed. Look at them again.",
        count,
    )
    return text % {"count": count}


def _assign(count: int) -> str:
    text = ngettext(
        "%(count)s item of your side lacks an R or an A. Assign it.",
        "%(count)s items of your side lack an R or an A. Assign them.",
        count,
    )
    return text % {"count": count}


def _renew(count: int) -> str:
    text = ngettext(
        "%(count)s item you own has evidence that has expired or soon will. Renew it.",
        "%(count)s items you own have evidence that has expired or soon will. Renew it.",
        count,
    )
    return text % {"count": count}


def _prove(count: int) -> str:
    text = ngettext(
        "%(count)s item you own has no evidence. Add some.",
        "%(count)s items you own have no evidence. Add some.",
        count,
    )
    return text % {"count": count}


def _side_prove(count: int) -> str:
    text = ngettext(
        "%(count)s item of your side has no evidence. Ask its owners.",
        "%(count)s items of your side have no evidence. Ask their owners.",
        count,
    )
    return text % {"count": count}


def _review(count: int) -> str:
    text = ngettext(
        "%(count)s item of your side is due for review.",
        "%(count)s items of your side are due for review.",
        count,
    )
    return text % {"count": count}


def _sign(count: int) -> str:
    text = ngettext(
        "%(count)s item waits for your sign-off. Read it and sign.",
        "%(count)s items wait for your sign-off. Read them and sign.",
        count,
    )
    return text % {"count": count}
