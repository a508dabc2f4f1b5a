"""What an item says, fact by fact, so that two editions of it can be laid side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.db import models
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from responsibilities.choices import SignoffState
from responsibilities.matrix.shapes import EvidenceInfo, Holding, ItemRow, SideState

_SHORT_HASH = 12


class Aspect(models.TextChoices):
    """What a difference of an item is about, in the order in which differences are told."""

    LETTERS = "letters", gettext_lazy("Letters")
    PEOPLE = "people", gettext_lazy("People")
    OPTIONS = "options", gettext_lazy("Options")
    NOTE = "note", gettext_lazy("Implementation note")
    APPLICABILITY = "applicability", gettext_lazy("Applicability")
    EVIDENCE = "evidence", gettext_lazy("Evidence")
    SIGNOFFS = "signoffs", gettext_lazy("Sign-offs")
    OTHER = "other", gettext_lazy("Review and texts")


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that an item says. Two facts are the same if `identity` is, whatever the words:
    a team or a person keeps its identity when it is renamed.
    """

    field: str | Promise
    identity: object
    words: str


type Facts = Mapping[tuple[Aspect, str], Fact]


def facts_of(row: ItemRow, sections: Mapping[str, str]) -> Facts:
    """Return what an item says, by aspect and place. `sections` gives titles by key.

    Empty values are left out, so that a missing fact and an empty one are the same.
    """
    found = {}
    for aspect, place, fact in (
        *_owners(row),
        *_options(row),
        (Aspect.NOTE, "note", Fact(_("Implementation note"), row.note, row.note)),
        *_applicability(row),
        *((Aspect.EVIDENCE, str(piece.id), _evidence(piece)) for piece in row.evidence),
        *((Aspect.SIGNOFFS, side.seat.key, _signoff(side)) for side in row.sides),
        *_other(row, sections),
    ):
        if fact.words:
            found[aspect, place] = fact
    return found


type _Found = Iterator[tuple[Aspect, str, Fact]]


def _owners(row: ItemRow) -> _Found:
    """Yield the letters of each team, then the people that its letters name."""
    for holdings in row.cells.values():
        team, letters = holdings[0].team, [str(h.letter.label) for h in holdings]
        yield Aspect.LETTERS, str(team.id), Fact(team.name, letters, ", ".join(letters))
    for holdings in row.cells.values():
        yield Aspect.PEOPLE, str(holdings[0].team.id), _named(holdings)


def _named(holdings: tuple[Holding, ...]) -> Fact:
    """Return whom a team's letters name: one name if it stands at all of them, else by letter."""
    team, people = holdings[0].team, {h.person.id if h.person else None for h in holdings}
    if len(people) == 1:
        person = holdings[0].person
        return Fact(team.name, person.id if person else None, person.name if person else "")
    named = [(h.letter, h.person) for h in holdings if h.person]
    return Fact(
        team.name,
        [(letter, person.id) for letter, person in named],
        ", ".join(f"{letter.label}: {person.name}" for letter, person in named),
    )


def _options(row: ItemRow) -> _Found:
    names = {option["key"]: option["name"] for option in row.options}
    for key in (*names, *sorted(set(row.chosen) - set(names))):
        chosen = row.chosen.get(key, "")
        yield Aspect.OPTIONS, key, Fact(names.get(key, key), chosen, chosen)


def _applicability(row: ItemRow) -> _Found:
    label = str(row.applicability.label)
    yield Aspect.APPLICABILITY, "", Fact(_("Applicability"), row.applicability, label)
    reason = row.applicability_reason
    yield Aspect.APPLICABILITY, "reason", Fact(_("Reason"), reason, reason)


def _evidence(piece: EvidenceInfo) -> Fact:
    words = [
        piece.title,
        _("r%(number)s") % {"number": piece.number},
        f"SHA-256 {piece.sha256[:_SHORT_HASH]}…",
        _("collected on %(day)s") % {"day": piece.collected_on.isoformat()},
    ]
    if piece.valid_until:
        words.append(_("valid until %(day)s") % {"day": piece.valid_until.isoformat()})
    return Fact(_("Evidence"), (words, piece.sha256), ", ".join(words))


def _signoff(side: SideState) -> Fact:
    """Return who signed for a side, and what that is worth."""
    signoff = side.signoff
    if signoff is None:
        return Fact(side.seat.organization, None, "")
    values = {
        "name": signoff.printed_name,
        "role": str(signoff.role.label),
        "when": timezone.localtime(signoff.signed_at).strftime("%Y-%m-%d %H:%M %Z"),
        "reason": signoff.withdrawal_reason,
    }
    if side.state == SignoffState.WITHDRAWN:
        words = _("Withdrawn (%(reason)s): signed by %(name)s, %(role)s, %(when)s")
    elif side.state == SignoffState.STALE:
        words = _("Stale: signed by %(name)s, %(role)s, %(when)s")
    else:
        words = _("Signed by %(name)s, %(role)s, %(when)s")
    return Fact(side.seat.organization, (signoff.id, side.state), words % values)


def _other(row: ItemRow, sections: Mapping[str, str]) -> _Found:
    """Yield the review date and the texts that come with the model."""
    months = ngettext("%(number)s month", "%(number)s months", row.review_interval_months) % {
        "number": row.review_interval_months
    }
    options = (f"{option['name']}: {', '.join(option['choices'])}" for option in row.options)
    controls = (f"{control['framework']} {control['control']}" for control in row.controls)
    for place, label, words in (
        ("review", _("Next review"), row.review_on.isoformat() if row.review_on else ""),
        ("title", _("Title"), row.title),
        ("statement", _("Statement"), row.statement),
        ("obligation", _("Obligation"), str(row.obligation.label)),
        ("condition", _("Condition"), row.condition),
        ("holder", _("Holding party"), row.holder.party),
        ("section", _("Section"), sections[row.section_key]),
        ("options", _("Offered options"), "; ".join(options)),
        ("guidance", _("Guidance"), row.guidance),
        ("hints", _("Evidence hints"), "; ".join(row.evidence_hints)),
        ("interval", _("Review interval"), months if row.review_interval_months else ""),
        ("controls", _("Controls"), "; ".join(controls)),
    ):
        yield Aspect.OTHER, place, Fact(label, words, words)
