"""The picker of one cell: which letters there are, what they mean, and what a choice would do."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from responsibilities.choices import Letter
from responsibilities.matrix import Holding, ItemRow, Matrix, Person, TeamColumn
from responsibilities.permissions import Action, Actor, may_anywhere, why_not

MEANINGS = {
    Letter.RESPONSIBLE: gettext_lazy("does the work"),
    Letter.ACCOUNTABLE: gettext_lazy("answers for the result; one team only"),
    Letter.CONSULTED: gettext_lazy("is asked before"),
    Letter.INFORMED: gettext_lazy("is told afterwards"),
}


class LetterChoice(NamedTuple):
    """One letter. `refusal` says why it cannot be chosen, `note` what choosing it does."""

    value: str
    label: str
    meaning: str
    checked: bool
    person: str
    refusal: str
    note: str


class Picker(NamedTuple):
    """Everything the picker shows. `refusal` says why the cell cannot be changed, if so."""

    address: str
    item: str
    key: str
    title: str
    team: TeamColumn
    version: int
    letters: Sequence[LetterChoice]
    people: Sequence[Person]
    holdings: Sequence[Holding]
    refusal: str


class Clash(NamedTuple):
    """A change that came too late: both values, and who was faster."""

    mine: str
    theirs: str
    fields: Sequence[tuple[str, str]]
    who: str


def picker(matrix: Matrix, row: ItemRow, team: TeamColumn, actor: Actor) -> Picker:
    """Return the picker of a cell for this actor. No query."""
    held = {holding.letter: holding for holding in row.cells.get(team.id, ())}
    slug = matrix.workspace.slug
    people = {person.id: person for person in team.people}
    people |= {holding.person.id: holding.person for holding in held.values() if holding.person}
    return Picker(
        address=reverse("cell", kwargs={"slug": slug, "key": row.key, "team_id": team.id}),
        item=reverse("item_detail", kwargs={"slug": slug, "key": row.key}),
        key=row.key,
        title=row.title,
        team=team,
        version=row.version,
        letters=[_choice(letter, held.get(letter), row, team, actor) for letter in Letter],
        people=list(people.values()),
        holdings=tuple(held.values()),
        refusal=_refusal(team, actor),
    )


def words(cell: Mapping[str, uuid.UUID | None], people: Mapping[uuid.UUID, str]) -> str:
    """Return letters that were sent as a person reads them."""
    said = [
        f"{letter} ({people[person]})"
        if (person := cell[letter]) is not None and person in people
        else letter.value
        for letter in Letter
        if letter in cell
    ]
    return ", ".join(said) or _("no letter")


def written(holdings: Sequence[Holding]) -> str:
    """Return letters that a team has as a person reads them."""
    cell = {
        holding.letter.value: holding.person.id if holding.person else None for holding in holdings
    }
    return words(cell, {h.person.id: h.person.name for h in holdings if h.person})


def clash(
    row: ItemRow, team: TeamColumn, wanted: Mapping[str, uuid.UUID | None], who: str
) -> Clash:
    """Return what somebody wanted for a cell beside what stands there now."""
    people = {h.person.id: h.person.name for h in row.cells.get(team.id, ()) if h.person}
    people |= {person.id: person.name for person in team.people}
    fields = [("version", str(row.version))]
    for letter, person in wanted.items():
        fields += [("letter", letter), (f"person_{letter}", str(person or ""))]
    return Clash(
        mine=words(wanted, people),
        theirs=written(row.cells.get(team.id, ())),
        fields=fields,
        who=who,
    )


def _refusal(team: TeamColumn, actor: Actor) -> str:
    """Return why the actor may not change this cell, with the side's name where that is why."""
    seat = team.seat
    refusal = why_not(actor, Action.ASSIGN, seat.id, vacant=seat.vacant)
    if refusal and may_anywhere(actor, Action.ASSIGN):
        return _("%(team)s is a team of %(organization)s. Only their members give it letters.") % {
            "team": team.name,
            "organization": seat.organization,
        }
    return refusal


def _choice(
    letter: Letter, held: Holding | None, row: ItemRow, team: TeamColumn, actor: Actor
) -> LetterChoice:
    refusal = note = ""
    if letter == Letter.ACCOUNTABLE and held is None:
        refusal, note = _moving(row, team, actor)
    return LetterChoice(
        value=letter.value,
        label=str(letter.label),
        meaning=str(MEANINGS[letter]),
        checked=held is not None,
        person=str(held.person.id) if held and held.person else "",
        refusal=refusal,
        note=note,
    )


def _moving(row: ItemRow, team: TeamColumn, actor: Actor) -> tuple[str, str]:
    """Return why A cannot be given to this team, or else what giving it does."""
    notes = []
    if row.accountable:
        owner = row.accountable.team
        refusal = ""
        if actor.seat_id != row.holder.id:
            refusal = why_not(actor, Action.ASSIGN, owner.seat.id, vacant=owner.seat.vacant)
        if refusal:
            return _("%(team)s has it, and only %(holder)s can take it from there.") % {
                "team": owner.name,
                "holder": row.holder.organization,
            }, ""
        notes.append(_("Moves from %(team)s.") % {"team": owner.name})
    if team.seat.id != row.holder.id:
        notes.append(
            _("%(holder)s holds this duty: A on another side is a finding.")
            % {"holder": row.holder.organization}
        )
    return "", " ".join(notes)
