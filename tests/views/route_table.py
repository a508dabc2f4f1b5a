"""Who gets what from which address. One line per route; `test_routes` walks all of it.

A row says which roles a GET and a POST let through. Without a set the method is refused with
405. `kwargs` and `data` take the stage and the side that the named thing belongs to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from responsibilities.choices import Role
from tests.views.stage import HELD_BY, Stage

type Values = Callable[[Stage, str], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Who:
    """Roles; with `own_side` only those of the side that the thing belongs to."""

    roles: frozenset[str]
    own_side: bool = False

    def includes(self, side: str, role: str, owner: str) -> bool:
        """Say whether a member is let through to a thing of the side `owner`."""
        return role in self.roles and (side == owner or not self.own_side)

    def own(self) -> Who:
        """Return the same roles, of the side that the thing belongs to."""
        return Who(self.roles, own_side=True)


def nothing(_stage: Stage, _side: str) -> dict[str, Any]:
    """Need no values."""
    return {}


@dataclass(frozen=True, slots=True)
class Route:
    """One address of a workspace."""

    name: str
    get: Who | None = None
    post: Who | None = None
    kwargs: Values = nothing
    data: Values = nothing

    @property
    def methods(self) -> tuple[tuple[str, Who | None], ...]:
        """GET and POST, with whom they let through."""
        return (("GET", self.get), ("POST", self.post))

    @property
    def is_of_one_side(self) -> bool:
        """Whether it matters on which side somebody sits."""
        return any(who and who.own_side for _method, who in self.methods)


ALL = Who(frozenset(Role.values))
EXPORT = Who(ALL.roles - {Role.READER})
WORK = Who(frozenset({Role.MANAGER, Role.CONTRIBUTOR}))
SIGN = Who(frozenset({Role.MANAGER, Role.APPROVER}))
MANAGE = Who(frozenset({Role.MANAGER}))


def item(_stage: Stage, side: str) -> dict[str, Any]:
    """Name the item that a side holds."""
    return {"key": HELD_BY[side]}


def cell(stage: Stage, side: str) -> dict[str, Any]:
    """Name a cell of a side's team on the item that the side holds."""
    return {"key": HELD_BY[side], "team_id": stage.team(side)}


def party(_stage: Stage, side: str) -> dict[str, Any]:
    """Name a side."""
    return {"party": side}


def team(stage: Stage, side: str) -> dict[str, Any]:
    """Name a team in use."""
    return {"team_id": stage.team(side)}


def archived(stage: Stage, side: str) -> dict[str, Any]:
    """Name an archived team."""
    return {"team_id": stage.archived[side].pk}


def member(stage: Stage, side: str) -> dict[str, Any]:
    """Name a member of a side, who is nobody else in the world."""
    return {"member_id": stage.newcomers[side].pk}


def piece(stage: Stage, side: str) -> dict[str, Any]:
    """Name a piece of evidence."""
    return {"evidence": stage.pieces[side].pk}


def revision(stage: Stage, side: str) -> dict[str, Any]:
    """Name the first revision of a piece of evidence."""
    return {"evidence": stage.pieces[side].pk, "number": 1}


def signoff(stage: Stage, side: str) -> dict[str, Any]:
    """Name a sign-off."""
    return {"signoff_id": stage.signoffs[side].pk}


def done(stage: Stage, _side: str) -> dict[str, Any]:
    """Name a finished export."""
    return {"export_id": stage.done.pk if stage.done else None}


def waiting(stage: Stage, _side: str) -> dict[str, Any]:
    """Name an export that waits."""
    return {"export_id": stage.waiting.pk if stage.waiting else None}


def released(stage: Stage, _side: str) -> dict[str, Any]:
    """Name a release in force, whose PDF is there."""
    return {"number": stage.release.number if stage.release else None}


def proposed(stage: Stage, _side: str) -> dict[str, Any]:
    """Name a proposal that waits for both sides."""
    return {"number": stage.proposal.number if stage.proposal else None}


def event(_stage: Stage, _side: str) -> dict[str, Any]:
    """Name the first event of the log."""
    return {"seq": 0}


def checkpoint(stage: Stage, _side: str) -> dict[str, Any]:
    """Name the first checkpoint of the log."""
    return {"size": stage.checkpoint.size if stage.checkpoint else None}


def letters(stage: Stage, side: str) -> dict[str, Any]:
    """Give the cell of a side's team a C more, from the version that is there."""
    version = stage.world.item(HELD_BY[side]).version
    return {"version": version, "letter": ["R", "A", "C"]}


def selection(_stage: Stage, side: str) -> dict[str, Any]:
    """Select an item in order to assign a team."""
    return {"item": f"{HELD_BY[side]}:1", "change": "assign"}


def free_item(_stage: Stage, side: str) -> dict[str, Any]:
    """Name an item that the evidence of a side does not serve yet."""
    return {"keys": HELD_BY[side].replace("-01", "-02")}


def served_item(_stage: Stage, side: str) -> dict[str, Any]:
    """Name the item that the evidence of a side serves."""
    return {"keys": HELD_BY[side]}


WORKSPACE_ROUTES = (
    Route("workspace_overview", get=ALL),
    Route("workspace_edit", get=MANAGE, post=MANAGE),
    Route("matrix", get=ALL),
    Route("matrix_row", get=ALL, kwargs=item),
    Route("matrix_bulk", post=WORK, data=selection),
    Route("cell", get=ALL, post=WORK.own(), kwargs=cell, data=letters),
    Route("cell_undo", post=WORK, kwargs=item),
    Route("item_detail", get=ALL, kwargs=item),
    Route("item_history", get=ALL, kwargs=item),
    Route("item_edit", get=WORK.own(), post=WORK.own(), kwargs=item),
    Route("item_evidence", get=WORK, kwargs=item),
    Route("evidence_list", get=ALL),
    Route("evidence_new", get=WORK, post=WORK),
    Route("evidence_detail", get=ALL, kwargs=piece),
    Route("evidence_edit", get=WORK.own(), post=WORK.own(), kwargs=piece),
    Route("evidence_revise", get=WORK.own(), post=WORK.own(), kwargs=piece),
    Route("evidence_link", post=WORK.own(), kwargs=piece, data=free_item),
    Route("evidence_unlink", post=WORK.own(), kwargs=piece, data=served_item),
    Route("evidence_archive", post=WORK.own(), kwargs=piece),
    Route("evidence_restore", post=WORK.own(), kwargs=piece),
    Route("evidence_download", get=ALL, kwargs=revision),
    Route("evidence_view", get=ALL, kwargs=revision),
    Route("signoff_list", get=ALL),
    Route("signoff_detail", get=ALL, kwargs=signoff),
    Route("signoff_sign", get=SIGN, post=SIGN, kwargs=item),
    Route("signoff_bulk", get=SIGN, post=SIGN),
    Route("signoff_withdraw", get=SIGN.own(), post=SIGN.own(), kwargs=signoff),
    Route("release_list", get=ALL),
    Route("release_new", get=SIGN, post=SIGN),
    Route("release_changes", get=ALL),
    Route("release_changes_json", get=ALL),
    Route("release_detail", get=ALL, kwargs=released),
    Route("release_snapshot", get=EXPORT, kwargs=released),
    Route("release_attest", get=SIGN, post=SIGN, kwargs=proposed),
    Route("release_withdraw", get=SIGN, post=SIGN, kwargs=proposed),
    Route("team_list", get=ALL),
    Route("team_add", get=MANAGE.own(), post=MANAGE.own(), kwargs=party),
    Route("team_edit", get=MANAGE.own(), post=MANAGE.own(), kwargs=team),
    Route("team_people", get=MANAGE.own(), post=MANAGE.own(), kwargs=team),
    Route("team_move", post=MANAGE.own(), kwargs=team, data=lambda _stage, _side: {"to": "down"}),
    Route("team_archive", get=MANAGE.own(), post=MANAGE.own(), kwargs=team),
    Route("team_restore", get=MANAGE.own(), post=MANAGE.own(), kwargs=archived),
    Route("member_list", get=ALL),
    Route("member_add", get=MANAGE.own(), post=MANAGE.own(), kwargs=party),
    Route("member_edit", get=MANAGE.own(), post=MANAGE.own(), kwargs=member),
    Route("member_remove", get=MANAGE.own(), post=MANAGE.own(), kwargs=member),
    Route("export_list", get=ALL),
    Route("export_new", post=EXPORT),
    Route("export_cancel", post=MANAGE, kwargs=waiting),
    Route("export_file", get=EXPORT, kwargs=done),
    Route("release_file", get=EXPORT, kwargs=released),
    Route("release_export", post=EXPORT, kwargs=released),
    Route("audit_list", get=ALL),
    Route("audit_detail", get=ALL, kwargs=event),
    Route("checkpoint_list", get=ALL),
    Route("checkpoint_issue", post=EXPORT),
    Route("checkpoint_file", get=ALL, kwargs=checkpoint),
    Route("bundle_new", post=EXPORT),
)

CARETAKER_ROUTES = frozenset(
    {
        "cell",
        "item_edit",
        "team_add",
        "team_edit",
        "team_people",
        "team_move",
        "team_archive",
        "team_restore",
        "member_add",
        "member_edit",
        "member_remove",
    }
)
"""What the provider's manager may do on a side without a manager, as on their own."""


@dataclass(frozen=True, slots=True)
class Site:
    """One address outside workspaces: the status by method, for a visitor and for a person."""

    name: str
    visitor: dict[str, int]
    person: dict[str, int]
    kwargs: tuple[tuple[str, str], ...] = ()


TO_LOGIN = {"GET": 302, "POST": 302}
OPEN = {"GET": 200, "POST": 200}

SITE_ROUTES = (
    Site("healthz", visitor={"GET": 200, "POST": 405}, person={"GET": 200, "POST": 405}),
    Site("log_keys", visitor={"GET": 200, "POST": 405}, person={"GET": 200, "POST": 405}),
    Site("verifier_file", visitor={"GET": 200, "POST": 405}, person={"GET": 200, "POST": 405}),
    Site("verify", visitor=OPEN, person=OPEN),
    Site("workspace_list", visitor=TO_LOGIN, person={"GET": 200, "POST": 405}),
    Site("workspace_new", visitor=TO_LOGIN, person={"GET": 403, "POST": 403}),
    Site("account_login", visitor=OPEN, person={"GET": 302, "POST": 302}),
    Site("account_logout", visitor={"GET": 302, "POST": 302}, person={"GET": 200, "POST": 302}),
    Site("account_inactive", visitor={"GET": 200, "POST": 405}, person={"GET": 200, "POST": 405}),
    Site("account_reauthenticate", visitor=TO_LOGIN, person=OPEN),
    Site("account_change_password", visitor=TO_LOGIN, person=OPEN),
    Site("account_set_password", visitor=TO_LOGIN, person={"GET": 302, "POST": 302}),
    Site("account_reset_password", visitor=OPEN, person=OPEN),
    Site("account_reset_password_done", visitor={"GET": 200}, person={"GET": 200}),
    Site(
        "account_reset_password_from_key",
        visitor={"GET": 200, "POST": 200},
        person={"GET": 200, "POST": 200},
        kwargs=(("uidb36", "0"), ("key", "no-such-key")),
    ),
    Site("account_reset_password_from_key_done", visitor={"GET": 200}, person={"GET": 200}),
)
