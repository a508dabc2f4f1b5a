"""The rows of a matrix as they stood at a moment. A constant number of queries.

What changes comes from the row history, which triggers of the database write: letters, items,
teams and who is on them, members, seats, evidence and its links, and the names of workspace,
organizations and model. What never changes comes from its own rows: sign-offs and withdrawals by
their time, evidence revisions, the published model version.

Names and addresses of people are those of today: the history holds people by their opaque id
only, so that a person whose data was erased has no name in a past matrix either.

A moment is its whole millisecond, and a write counts from the moment that its statement ended. A
moment within the milliseconds of one write may therefore show a part of it, as a release never
does.
"""

from __future__ import annotations

import copy
import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db import models
from django.db.models import Max, Min, Q
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive

from responsibilities.matrix.rows import Rows
from responsibilities.models import (
    Assignment,
    Evidence,
    EvidenceLink,
    EvidenceRevision,
    Item,
    Membership,
    ModelVersion,
    Organization,
    Party,
    Responsibility,
    RowHistory,
    Seat,
    Section,
    Signoff,
    SignoffWithdrawal,
    Team,
    TeamMember,
    User,
    Workspace,
)

type _Reader = Callable[[Any], Any]


class NotYetError(LookupError):
    """The moment lies before the first that was recorded of a workspace: `first`, if any was."""

    def __init__(self, first: dt.datetime | None) -> None:
        """Take the first moment."""
        super().__init__(f"nothing was recorded before {first}")
        self.first = first


def recorded_since(workspace: Workspace) -> dt.datetime | None:
    """Return the first moment for which the matrix of a workspace can be shown. One query."""
    rows = RowHistory.objects.filter(
        workspace_id=workspace.pk, model="workspace", key=workspace.pk.hex
    )
    first: dt.datetime | None = rows.aggregate(first=Min("at"))["first"]
    return first


def fetch(workspace: Workspace, moment: dt.datetime, item_ids: Iterable[int] | None) -> Rows:
    """Return the rows of a workspace as they stood at `moment`; of these items only, if given.

    Its workspace is a copy with the name, address and target date of then. Raises NotYetError for
    a moment before the first that was recorded.
    """
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000 + 999)
    state = _State(Q(workspace_id=workspace.pk), moment)
    then = next(iter(state.instances(Workspace)), None)
    if then is None:
        raise NotYetError(recorded_since(workspace))
    seats = state.instances(Seat)
    memberships = [
        member
        for member in state.instances(Membership)
        if member.expires_at is None or member.expires_at > moment
    ]
    letters = state.values(Assignment, "item_id", "team_id", "letter", "person_id")
    people = {member.user_id for member in memberships}
    people |= {person for *_letter, person in letters if person}
    version = ModelVersion.objects.select_related("model").get(pk=then.model_version_id)
    shared = _shared(seats, people, version, moment)
    wanted = None if item_ids is None else set(item_ids)
    users = User.objects.in_bulk(people)
    present = [m for m in memberships if shared["user", m.user_id.hex]["is_active"]]
    return Rows(
        workspaces=[_workspace(workspace, then, version, shared)],
        items=_items(state.instances(Item), version, wanted),
        sections=list(Section.objects.filter(version=version).select_related("holder")),
        seats=_seats(seats, shared),
        presences=[(member.seat_id, member.user_id, member.role) for member in present],
        teams=[team for team in state.instances(Team) if team.archived_at is None],
        members=_members(state, present, users),
        assignments=[
            (item, team, letter, person, *_who(person, users))
            for item, team, letter, person in letters
        ],
        links=_links(state),
        signoffs=_signoffs(workspace, moment, wanted),
    )


def _shared(
    seats: Iterable[Seat], people: Iterable[uuid.UUID], version: ModelVersion, moment: dt.datetime
) -> _State:
    """Return what belongs to no workspace: organizations, accounts and the model."""
    wanted = (
        Q(model="organization", key__in={str(seat.organization_id) for seat in seats})
        | Q(model="user", key__in={person.hex for person in people})
        | Q(model="responsibilitymodel", key=str(version.model_id))
    )
    return _State(Q(workspace_id=None) & wanted, moment)


class _State:
    """The latest recorded data of each row that existed at a moment. One query."""

    def __init__(self, scope: Q, moment: dt.datetime) -> None:
        latest = (
            RowHistory.objects.filter(scope, at__lte=moment)
            .order_by()
            .values("model", "key")
            .annotate(latest=Max("id"))
            .values("latest")
        )
        self._rows: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
        found = RowHistory.objects.filter(pk__in=latest).order_by()
        for model, key, workspace_id, data in found.values_list(
            "model", "key", "workspace_id", "data"
        ):
            if data is not None:
                self._rows[model][key] = {"workspace_id": workspace_id, **data}

    def __getitem__(self, row: tuple[str, str]) -> Mapping[str, Any]:
        """Return the data of a row by model and key. Raises KeyError if it was not there."""
        model, key = row
        return self._rows[model][key]

    def instances[M: models.Model](self, model: type[M]) -> list[M]:
        """Return the rows of a model as instances, which are not for saving."""
        readers = _readers(model)
        read_key = model._meta.pk.to_python
        return [
            model(
                pk=read_key(key),
                **{name: readers[name](value) for name, value in data.items() if name in readers},
            )
            for key, data in self._rows[str(model._meta.model_name)].items()
        ]

    def values(self, model: type[models.Model], *columns: str) -> list[tuple[Any, ...]]:
        """Return some columns of the rows of a model: quicker, where there are many."""
        readers = _readers(model)
        wanted = [(name, readers[name]) for name in columns]
        return [
            tuple(read(data[name]) for name, read in wanted)
            for data in self._rows[str(model._meta.model_name)].values()
        ]


def _readers(model: type[models.Model]) -> dict[str, _Reader]:
    return {str(field.attname): _reader(field) for field in model._meta.concrete_fields}


def _reader(field: models.Field[Any, Any]) -> _Reader:
    """Return what turns a recorded value of this field into that of an instance."""
    if isinstance(field, models.DateTimeField):
        return _moment
    if isinstance(field, models.ForeignKey):
        return _reader(field.target_field)
    return field.to_python


def _moment(value: str | None) -> dt.datetime | None:
    """Read a time; without a zone, as SQLite keeps it, it is UTC."""
    read = parse_datetime(value) if value else None
    return read.replace(tzinfo=dt.UTC) if read and is_naive(read) else read


def _workspace(
    workspace: Workspace, then: Workspace, version: ModelVersion, shared: _State
) -> Workspace:
    past = copy.copy(workspace)
    past.slug, past.name, past.target_date = then.slug, then.name, then.target_date
    named = shared["responsibilitymodel", str(version.model_id)]
    version.model.title, version.model.publisher = named["title"], named["publisher"]
    past.model_version = version
    return past


def _items(
    items: Sequence[Item], version: ModelVersion, wanted: Collection[int] | None
) -> list[Item]:
    duties = {duty.pk: duty for duty in Responsibility.objects.filter(version=version)}
    found = [item for item in items if wanted is None or item.pk in wanted]
    for item in found:
        item.responsibility = duties[item.responsibility_id]
    return found


def _seats(seats: list[Seat], shared: _State) -> list[Seat]:
    parties = Party.objects.in_bulk([seat.party_id for seat in seats])
    for seat in seats:
        seat.party = parties[seat.party_id]
        named = shared["organization", str(seat.organization_id)]
        seat.organization = Organization(pk=seat.organization_id, name=named["name"])
    return seats


def _members(
    state: _State, present: Iterable[Membership], users: Mapping[uuid.UUID, User]
) -> list[tuple[uuid.UUID, int, User]]:
    """Return who was on which team, as far as the team belongs to the side that they were on."""
    by_id = {member.pk: member for member in present}
    seat_of = {team.pk: team.seat_id for team in state.instances(Team)}
    return [
        (team, member.seat_id, users[member.user_id])
        for team, membership in state.values(TeamMember, "team_id", "membership_id")
        if (member := by_id.get(membership)) and seat_of.get(team) == member.seat_id
    ]


def _who(person: uuid.UUID | None, users: Mapping[uuid.UUID, User]) -> tuple[str, str]:
    return (users[person].name, users[person].email) if person else ("", "")


def _links(state: _State) -> list[tuple[int, Evidence]]:
    pieces = {piece.pk: piece for piece in state.instances(Evidence) if piece.archived_at is None}
    revisions = EvidenceRevision.objects.in_bulk(
        [piece.current_id for piece in pieces.values() if piece.current_id]
    )
    for dated in state.instances(EvidenceRevision):
        if revision := revisions.get(dated.pk):
            revision.collected_on, revision.valid_until = dated.collected_on, dated.valid_until
    for piece in pieces.values():
        piece.current = revisions[piece.current_id] if piece.current_id else None
    return [
        (item, pieces[piece])
        for item, piece in state.values(EvidenceLink, "item_id", "evidence_id")
        if piece in pieces
    ]


def _signoffs(
    workspace: Workspace, moment: dt.datetime, wanted: Collection[int] | None
) -> list[tuple[Signoff, SignoffWithdrawal | None]]:
    signoffs = Signoff.objects.filter(item__workspace=workspace, signed_at__lte=moment)
    if wanted is not None:
        signoffs = signoffs.filter(item__in=wanted)
    found = []
    for signoff in signoffs.select_related("withdrawal").defer("content", "statement").order_by():
        withdrawal = getattr(signoff, "withdrawal", None)
        if withdrawal is not None and withdrawal.withdrawn_at > moment:
            withdrawal = None
        found.append((signoff, withdrawal))
    return found
