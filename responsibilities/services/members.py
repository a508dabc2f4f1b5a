"""Lets people into a workspace, changes their role, and takes them out again."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from responsibilities.choices import AuditAction, Role
from responsibilities.models import Membership, Seat, User, Workspace
from responsibilities.permissions import Action, Actor, require
from responsibilities.services import audit
from responsibilities.services.errors import InvalidError


def end_of(day: dt.date) -> dt.datetime:
    """Return the last second of a day in the time zone of the installation."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time(23, 59, 59)))


@transaction.atomic
def add(
    *,
    actor: Actor,
    workspace: Workspace,
    seat: Seat,
    email: str,
    role: str,
    expires_on: dt.date | None = None,
) -> Membership:
    """Make the person with this address a member of a side, and return the membership.

    Raises NotAllowedError unless the actor manages this side, InvalidError for an address
    without an account, somebody who is a member already, a wrong role, a date that is past, or
    a first manager whose access would end.
    """
    seat = _locked(seat)
    require(actor, Action.MEMBER_MANAGE, seat)
    user = _person(email)
    _check(role, expires_on)
    membership = Membership(
        workspace=workspace,
        seat=seat,
        user=user,
        role=role,
        expires_at=end_of(expires_on) if expires_on else None,
    )
    if role == Role.MANAGER and expires_on and not _other_managers(seat):
        raise InvalidError(
            _("The first manager of a side needs access without an end."), field="expires_on"
        )
    try:
        with transaction.atomic():
            membership.save()
    except IntegrityError as clash:
        raise InvalidError(_already_member(workspace, user), field="email") from clash
    _record(
        actor,
        membership,
        AuditAction.MEMBER_ADDED,
        [
            audit.Change(_("side"), "", seat.organization.name),
            audit.Change(_("role"), "", membership.get_role_display()),
            *_end_change(None, membership.expires_at),
        ],
    )
    return membership


@transaction.atomic
def edit(
    *, actor: Actor, membership: Membership, role: str, expires_on: dt.date | None
) -> Membership:
    """Change what a member may do and until when, and return the membership.

    Writes nothing if nothing changed. Raises NotAllowedError, and InvalidError for a wrong
    role, a date that is past, or if the side would be left without a manager.
    """
    membership = _locked_member(membership)
    require(actor, Action.MEMBER_MANAGE, membership.seat)
    expires_at = end_of(expires_on) if expires_on else None
    if (membership.role, membership.expires_at) == (role, expires_at):
        return membership
    _check(role, expires_on if expires_at != membership.expires_at else None)
    if role != Role.MANAGER:
        _check_manager_stays(membership, field="role")
    elif expires_at:
        _check_manager_stays(membership, field="expires_on")
    was = membership.get_role_display(), membership.expires_at
    membership.role, membership.expires_at = role, expires_at
    membership.save(update_fields=["role", "expires_at"])
    now = membership.get_role_display()
    changes = [audit.Change(_("role"), was[0], now)] if was[0] != now else []
    changes += _end_change(was[1], expires_at)
    _record(actor, membership, AuditAction.MEMBER_CHANGED, changes)
    return membership


@transaction.atomic
def remove(*, actor: Actor, membership: Membership) -> None:
    """Take a person out of the workspace and off its teams.

    Sign-offs, history and letters that name the person stay; such letters are then findings.
    Raises NotAllowedError, and InvalidError for the last manager of a side.
    """
    membership = _locked_member(membership)
    require(actor, Action.MEMBER_MANAGE, membership.seat)
    _check_manager_stays(membership)
    teams = membership.team_members.filter(team__archived_at=None).values_list(
        "team__name", flat=True
    )
    changes = [
        audit.Change(_("side"), membership.seat.organization.name, ""),
        audit.Change(_("role"), membership.get_role_display(), ""),
        *(audit.Change(_("team"), name, "") for name in teams),
    ]
    # Before the event: at its time the matrix is already what it says.
    Membership.objects.filter(pk=membership.pk).delete()
    _record(actor, membership, AuditAction.MEMBER_REMOVED, changes)


def last_manager(membership: Membership) -> bool:
    """Say whether the side would lose its only lasting manager with this member. One query.

    A manager whose account was closed manages nothing any more: the side is vacant already.
    """
    return (
        membership.role == Role.MANAGER
        and membership.user.is_active
        and not _other_managers(membership.seat, membership)
    )


def _other_managers(seat: Seat, membership: Membership | None = None) -> bool:
    """Say whether somebody else manages this side, with access that does not end."""
    managers = Membership.objects.in_force().filter(seat=seat, role=Role.MANAGER, expires_at=None)
    if membership:
        managers = managers.exclude(pk=membership.pk)
    return managers.exists()


def _check_manager_stays(membership: Membership, *, field: str = "") -> None:
    if last_manager(membership):
        raise InvalidError(
            _(
                "%(name)s is the last manager of %(organization)s whose access does not end. "
                "Make somebody else a manager first."
            )
            % {
                "name": membership.user.name,
                "organization": membership.seat.organization.name,
            },
            field=field,
        )


def _locked(seat: Seat) -> Seat:
    """Lock the side, so that two people cannot take its last two managers out at once."""
    return (
        Seat.objects.select_for_update(of=("self",), no_key=True)
        .select_related("party", "organization")
        .get(pk=seat.pk)
    )


def _locked_member(membership: Membership) -> Membership:
    _locked(membership.seat)
    return (
        Membership.objects.select_for_update(of=("self",), no_key=True)
        .select_related("user", "workspace", "seat__party", "seat__organization")
        .get(pk=membership.pk)
    )


def _person(email: str) -> User:
    user = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
    if user is None:
        raise InvalidError(
            _("There is no account with this address; ask the operator to make one."),
            field="email",
        )
    return user


def _check(role: str, expires_on: dt.date | None) -> None:
    if role not in Role.values:
        raise InvalidError(_("Choose a role."), field="role")
    if expires_on and expires_on < timezone.localdate():
        raise InvalidError(_("Choose today or a later day."), field="expires_on")


def _already_member(workspace: Workspace, user: User) -> str:
    there = (
        Membership.objects.select_related("seat__organization")
        .filter(workspace=workspace, user=user)
        .get()
    )
    return _("%(name)s is already a member, for %(organization)s.") % {
        "name": user.name,
        "organization": there.seat.organization.name,
    }


def _end_change(old: dt.datetime | None, new: dt.datetime | None) -> list[audit.Change]:
    if old == new:
        return []
    return [audit.Change(_("access ends"), _day(old), _day(new))]


def _day(value: dt.datetime | None) -> str:
    return timezone.localtime(value).date().isoformat() if value else ""


def _record(
    actor: Actor, membership: Membership, action: AuditAction, changes: list[audit.Change]
) -> None:
    audit.append(
        workspace=membership.workspace,
        actor=actor,
        action=action,
        subject=audit.Subject("member", str(membership.pk)),
        label=membership.user.name,
        changes=changes,
    )
