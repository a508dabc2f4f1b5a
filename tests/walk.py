"""A walk through a workspace: real service calls at random, in an order that can be repeated."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from responsibilities.choices import Applicability, Letter, Role
from responsibilities.models import Evidence, Membership, Signoff, Team
from responsibilities.permissions import Actor, NotAllowedError
from responsibilities.services import (
    assignments,
    bulk,
    evidence,
    members,
    signoffs,
    teams,
    workspaces,
)
from responsibilities.services.assignments import Cell
from responsibilities.services.errors import ConflictError, InvalidError
from tests.signing import AUTHENTICATION, edit, shown_to, sign
from tests.world import World, make_user

SIDES = ("party0", "party1")
KEYS = tuple(f"T-S{section}-0{number}" for section in (0, 1) for number in (1, 2, 3))
OF_SIDE = {"party0": KEYS[:3], "party1": KEYS[3:]}
TODAY = dt.date(2026, 11, 20)
REFUSALS = (InvalidError, ConflictError, NotAllowedError)


@dataclasses.dataclass
class Walk:
    """Somebody who does at random what a manager can do."""

    world: World
    chance: random.Random
    count: int = 0

    def __post_init__(self) -> None:
        """Begin."""
        self.side = "party0"

    @property
    def actor(self) -> Actor:
        """The manager of the side whose turn it is."""
        return self.world.actor(self.side)

    def text(self) -> str:
        """Return words that were not there before, some of them awkward."""
        self.count += 1
        return f"{self.chance.choice(('Änderung', 'it’s "so"', 'a\\b 漢字', 'Zoë'))} {self.count}"

    def team(self, *, archived: bool = False) -> Team:
        """Return a team of the side."""
        found = self.world.workspace.teams.filter(seat__party__key=self.side)
        return self.pick(list(found.filter(archived_at__isnull=not archived).order_by("position")))

    def piece(self, *, archived: bool = False) -> Evidence:
        """Return a piece of evidence of the side."""
        found = Evidence.objects.filter(seat__party__key=self.side)
        return self.pick(
            list(found.filter(archived_at__isnull=not archived).order_by("created_at"))
        )

    def key(self) -> str:
        """Return an item that the side holds."""
        return self.chance.choice(OF_SIDE[self.side])

    def pick[T](self, found: list[T]) -> T:
        """Return one of these; refuse if there is none."""
        if not found:
            raise InvalidError("none")
        return self.chance.choice(found)

    def about(self) -> dict[str, Any]:
        """Return who acts where."""
        return {"actor": self.actor, "workspace": self.world.workspace}

    def seen(self) -> dict[str, int]:
        """Return some items of the side with their versions."""
        keys = self.chance.sample(OF_SIDE[self.side], 2)
        return {key: self.world.item(key).version for key in keys}


def letters(walk: Walk) -> None:
    key, team = walk.key(), walk.team()
    people = list(team.team_members.order_by("pk").values_list("membership__user", flat=True))
    wanted = walk.chance.sample(sorted(Letter), walk.chance.randint(0, 3))
    cell: Cell = {letter.value: walk.chance.choice([None, *people]) for letter in wanted}
    seen = walk.world.item(key).version
    assignments.set_cells(**walk.about(), key=key, cells={team.pk: cell}, seen_version=seen)


def item(walk: Walk) -> None:
    key = walk.key()
    values: dict[str, Any] = {"note": walk.text(), "review_on": walk.chance.choice([None, TODAY])}
    if key.endswith("01"):
        values["chosen"] = {"tool": walk.chance.choice(["Hammer", "Saw"])}
    edit(walk.world, key, walk.side, **values)


def bulk_letters(walk: Walk) -> None:
    act = walk.chance.choice([bulk.give, bulk.take])
    letter = walk.chance.choice(sorted(Letter))
    act(**walk.about(), seen=walk.seen(), team_id=walk.team().pk, letter=letter)


def bulk_review(walk: Walk) -> None:
    day = TODAY + dt.timedelta(days=walk.chance.randint(-3, 90))
    bulk.set_review(**walk.about(), seen=walk.seen(), review_on=day)


def bulk_applicability(walk: Walk) -> None:
    applicability = walk.chance.choice(sorted(Applicability))
    reason = walk.text() if applicability != Applicability.APPLICABLE else ""
    bulk.set_applicability(
        **walk.about(), seen=walk.seen(), applicability=applicability, reason=reason
    )


def add_evidence(walk: Walk) -> None:
    evidence.add(
        **walk.about(),
        content=evidence.NewNote(walk.text()),
        title=walk.text(),
        collected_on=TODAY,
        valid_until=walk.chance.choice([None, TODAY + dt.timedelta(days=9)]),
        items=walk.chance.sample(KEYS, 2),
    )


def revise_evidence(walk: Walk) -> None:
    evidence.revise(
        **walk.about(),
        evidence=walk.piece().pk,
        content=evidence.NewNote(walk.text()),
        collected_on=TODAY,
    )


def edit_evidence(walk: Walk) -> None:
    day = walk.chance.choice([None, TODAY + dt.timedelta(days=400)])
    evidence.edit(
        **walk.about(),
        evidence=walk.piece().pk,
        title=walk.text(),
        collected_on=TODAY,
        valid_until=day,
    )


def link_evidence(walk: Walk) -> None:
    evidence.link(**walk.about(), evidence=walk.piece().pk, items=walk.chance.sample(KEYS, 2))


def unlink_evidence(walk: Walk) -> None:
    piece = walk.piece()
    link = walk.pick(list(piece.links.select_related("item__responsibility").order_by("pk")))
    evidence.unlink(**walk.about(), evidence=piece.pk, key=link.item.responsibility.key)


def archive_evidence(walk: Walk) -> None:
    evidence.archive(**walk.about(), evidence=walk.piece().pk)


def restore_evidence(walk: Walk) -> None:
    evidence.restore(**walk.about(), evidence=walk.piece(archived=True).pk)


def add_team(walk: Walk) -> None:
    membership = walk.actor.membership
    assert membership is not None
    teams.add(**walk.about(), seat=membership.seat, name=walk.text(), description=walk.text())


def rename_team(walk: Walk) -> None:
    teams.edit(actor=walk.actor, team=walk.team(), name=walk.text(), description=walk.text())


def move_team(walk: Walk) -> None:
    teams.move(actor=walk.actor, team=walk.team(), step=walk.chance.choice([-1, 1]))


def staff_team(walk: Walk) -> None:
    team = walk.team()
    on_it = set(team.team_members.values_list("membership", flat=True))
    side = Membership.objects.filter(seat=team.seat_id).order_by("user__email")
    chosen = walk.pick(list(side.values_list("pk", flat=True)))
    change = {"remove": [chosen]} if chosen in on_it else {"add": [chosen]}
    teams.change_members(actor=walk.actor, team=team, **change)


def archive_team(walk: Walk) -> None:
    teams.archive(actor=walk.actor, team=walk.team(), to=walk.chance.choice([walk.team(), None]))


def restore_team(walk: Walk) -> None:
    teams.restore(actor=walk.actor, team=walk.team(archived=True), name=walk.text())


def add_member(walk: Walk) -> None:
    membership = walk.actor.membership
    assert membership is not None
    user = make_user(walk.text())
    role = walk.chance.choice([Role.READER, Role.MANAGER])
    members.add(**walk.about(), seat=membership.seat, email=user.email, role=role)


def other_members(walk: Walk) -> Membership:
    found = Membership.objects.filter(seat__party__key=walk.side, workspace=walk.world.workspace)
    manager = walk.world.user(walk.side, Role.MANAGER)
    return walk.pick(list(found.exclude(user=manager).order_by("user__email")))


def edit_member(walk: Walk) -> None:
    role = walk.chance.choice([Role.CONTRIBUTOR, Role.MANAGER, Role.READER])
    until = walk.chance.choice([None, timezone.localdate() + dt.timedelta(days=5)])
    members.edit(actor=walk.actor, membership=other_members(walk), role=role, expires_on=until)


def remove_member(walk: Walk) -> None:
    members.remove(actor=walk.actor, membership=other_members(walk))


def sign_one(walk: Walk) -> None:
    sign(walk.world, walk.side, walk.chance.choice(KEYS))


def sign_many(walk: Walk) -> None:
    shown = {key: shown_to(walk.actor, walk.world.workspace, key) for key in OF_SIDE[walk.side]}
    signoffs.sign_many(**walk.about(), shown=shown, authentication=AUTHENTICATION)


def withdraw(walk: Walk) -> None:
    found = Signoff.objects.filter(seat__party__key=walk.side, withdrawal=None)
    signoff = walk.pick(list(found.order_by("signed_at")))
    signoffs.withdraw(actor=walk.actor, signoff=signoff, reason=walk.text())


def edit_workspace(walk: Walk) -> None:
    day = walk.chance.choice([None, timezone.localdate() + dt.timedelta(days=40)])
    workspaces.edit(**walk.about(), name=walk.text(), target_date=day)


ACTS: tuple[Callable[[Walk], None], ...] = (
    letters,
    item,
    bulk_letters,
    bulk_review,
    bulk_applicability,
    add_evidence,
    revise_evidence,
    edit_evidence,
    link_evidence,
    unlink_evidence,
    archive_evidence,
    restore_evidence,
    add_team,
    rename_team,
    move_team,
    staff_team,
    archive_team,
    restore_team,
    add_member,
    edit_member,
    remove_member,
    sign_one,
    sign_many,
    withdraw,
    edit_workspace,
)


def walk_through(world: World, steps: int, seed: int, after: Callable[[], None]) -> Counter[str]:
    """Do `steps` things that are not refused; call `after` after each. Count what was done."""
    walk = Walk(world, random.Random(seed))
    done: Counter[str] = Counter()
    acts: list[Callable[[Walk], None]] = []
    while done.total() < steps:
        if not acts:  # each comes once before any comes again
            acts = walk.chance.sample(ACTS, len(ACTS))
        act = acts.pop()
        walk.side = walk.chance.choice(SIDES)
        try:
            act(walk)
        except REFUSALS:
            continue
        done[act.__name__] += 1
        after()
    return done
