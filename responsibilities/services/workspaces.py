"""Creates and changes workspaces."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from responsibilities.choices import AuditAction, FindingKind, Role, VersionStatus
from responsibilities.models import (
    Assignment,
    DefaultAssignment,
    Item,
    Membership,
    ModelVersion,
    Organization,
    Party,
    Responsibility,
    Seat,
    Team,
    TeamTemplate,
    User,
    Workspace,
)
from responsibilities.permissions import Action, Actor, may_add_workspace, require_anywhere
from responsibilities.services import audit
from responsibilities.services.errors import InvalidError, NotAllowedError, refusing
from responsibilities.services.workspace_setup import (
    SLUG_TAKEN,
    check_slug,
    check_target_date,
    free_slug,
)
from responsibilities.validators import clean_name

NAME_LENGTH = 120


def months_after(day: dt.date, months: int) -> dt.date:
    """Return the day `months` later; the last day of the month where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first_of_next = dt.date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (first_of_next - dt.timedelta(days=1)).day
    return dt.date(year, month + 1, min(day.day, last))


@transaction.atomic
def create(
    *,
    actor: Actor,
    version: ModelVersion,
    name: str,
    slug: str,
    organizations: Mapping[str, str],
    manager: User | None = None,
    manager_party: str = "",
    use_template: bool = True,
    target_date: dt.date | None = None,
) -> Workspace:
    """Create a workspace from a published model version and return it.

    `organizations` gives the organization's name for each party key of the model. `manager`
    becomes the first manager, on the side of `manager_party`. With `use_template` the starter
    teams and their letters are put in. An empty `slug` is made from the name. A constant
    number of queries, whatever the model's size.

    Raises NotAllowedError if the actor may not create workspaces, InvalidError if the version
    is not published, a party has no organization, the name is empty, the target date is past,
    or the address is malformed, reserved or taken.
    """
    if actor.user and not may_add_workspace(actor.user):
        raise NotAllowedError(_("You may not create workspaces. Ask the operator for the right."))
    parties = list(Party.objects.filter(version=version))
    names = _checked_organizations(version, parties, organizations)
    check_target_date(target_date)
    if manager and manager_party not in {party.key for party in parties}:
        raise InvalidError(_("Choose your side."), field="manager_party")
    workspace = _insert(actor, version, _checked_name(name), slug, target_date)
    seats = _take_seats(workspace, parties, names)
    items = _add_items(workspace, seats)
    if use_template:
        _add_template_letters(version, items, _add_template_teams(workspace, seats))
    if manager:
        Membership.objects.create(
            workspace=workspace, seat=seats[manager_party], user=manager, role=Role.MANAGER
        )
    audit.start(workspace=workspace)
    _record_creation(actor, workspace, seats.values(), manager)
    return workspace


def _checked_organizations(
    version: ModelVersion, parties: list[Party], organizations: Mapping[str, str]
) -> dict[str, str]:
    """Return the organization's name for each party key of a published version."""
    if version.status != VersionStatus.PUBLISHED:
        raise InvalidError(_("This model version is not published."), field="version")
    names = {}
    for party in parties:
        field = f"organization_{party.key}"
        with refusing(field):
            organization = clean_name(organizations.get(party.key, ""))
        if not organization:
            message = _("Say which organization is “%(party)s”.") % {"party": party.name}
            raise InvalidError(message, field=field)
        if len(organization) > NAME_LENGTH:
            raise InvalidError(_too_long(NAME_LENGTH), field=field)
        names[party.key] = organization
    return names


def _checked_name(name: str) -> str:
    with refusing("name"):
        name = clean_name(name)
    if not name:
        raise InvalidError(_("Give the workspace a name."), field="name")
    if len(name) > NAME_LENGTH:
        raise InvalidError(_too_long(NAME_LENGTH), field="name")
    return name


def _too_long(length: int) -> str:
    return _("Use at most %(length)s characters.") % {"length": length}


def _insert(
    actor: Actor, version: ModelVersion, name: str, slug: str, target_date: dt.date | None
) -> Workspace:
    slug = check_slug(slug) if slug.strip() else free_slug(name)
    try:
        with transaction.atomic():
            return Workspace.objects.create(
                slug=slug,
                name=name,
                model_version=version,
                target_date=target_date,
                created_by=actor.user,
            )
    except IntegrityError as clash:
        raise InvalidError(str(SLUG_TAKEN), field="slug") from clash


def _take_seats(
    workspace: Workspace, parties: list[Party], names: Mapping[str, str]
) -> dict[str, Seat]:
    """Seat every party's organization; organizations that are new are added."""
    Organization.objects.bulk_create(
        [Organization(name=name) for name in dict.fromkeys(names.values())],
        ignore_conflicts=True,
    )
    by_name = {o.name: o for o in Organization.objects.filter(name__in=names.values())}
    seats = Seat.objects.bulk_create(
        Seat(workspace=workspace, party=party, organization=by_name[names[party.key]])
        for party in parties
    )
    return {seat.party.key: seat for seat in seats}


def _add_template_teams(workspace: Workspace, seats: Mapping[str, Seat]) -> dict[int, Team]:
    """Add the starter teams; return them by the id of their template."""
    templates = list(
        TeamTemplate.objects.filter(version=workspace.model_version)
        .select_related("party")
        .order_by("party__position", "position", "key")
    )
    teams = [
        Team(
            workspace=workspace,
            seat=seats[template.party.key],
            name=template.name,
            description=template.description,
            position=position,
        )
        for position, template in enumerate(templates)
    ]
    Team.objects.bulk_create(teams)
    return {template.pk: team for template, team in zip(templates, teams, strict=True)}


def _add_items(workspace: Workspace, seats: Mapping[str, Seat]) -> dict[int, Item]:
    """Add an item per responsibility; return them by the responsibility's id."""
    today = timezone.localdate()
    by_party = {seat.party_id: seat for seat in seats.values()}
    items = Item.objects.bulk_create(
        Item(
            workspace=workspace,
            responsibility=duty,
            holder=by_party[duty.holder_id or duty.section.holder_id],
            review_on=months_after(today, duty.review_interval_months),
        )
        for duty in Responsibility.objects.filter(version=workspace.model_version).select_related(
            "section"
        )
    )
    return {item.responsibility_id: item for item in items}


def _add_template_letters(
    version: ModelVersion, items: Mapping[int, Item], teams: Mapping[int, Team]
) -> None:
    Assignment.objects.bulk_create(
        Assignment(item=items[duty], team=teams[team], letter=letter)
        for duty, team, letter in DefaultAssignment.objects.filter(
            responsibility__version=version
        ).values_list("responsibility_id", "team_id", "letter")
    )


def _record_creation(
    actor: Actor, workspace: Workspace, seats: Iterable[Seat], manager: User | None
) -> None:
    changes = [
        audit.Change("model", "", str(workspace.model_version)),
        *(audit.Change(seat.party.name, "", seat.organization.name) for seat in seats),
        audit.Change("manager", "", manager.name if manager else ""),
        audit.Change("target date", "", _day(workspace.target_date)),
    ]
    audit.append(
        workspace=workspace,
        actor=actor,
        action=AuditAction.WORKSPACE_CREATED,
        subject=audit.Subject("workspace", str(workspace.pk)),
        label=workspace.name,
        changes=[change for change in changes if change.new],
    )


@transaction.atomic
def edit(
    *,
    actor: Actor,
    workspace: Workspace,
    name: str,
    target_date: dt.date | None,
    blocking_findings: Iterable[str] | None = None,
) -> Workspace:
    """Rename a workspace, move its target date, say what blocks a release; return it.

    `blocking_findings` are the kinds of findings with which no release can be proposed; None
    leaves them. Raises NotAllowedError unless the actor is a manager, InvalidError for an empty
    name, a new target date in the past or an unknown kind. Writes nothing if nothing changed.
    """
    require_anywhere(actor, Action.WORKSPACE_EDIT)
    name = _checked_name(name)
    blocking = None if blocking_findings is None else _checked_kinds(blocking_findings)
    locked = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    changes = []
    if locked.name != name:
        changes.append(audit.Change("name", locked.name, name))
    if locked.target_date != target_date:
        check_target_date(target_date)
        changes.append(audit.Change("target date", _day(locked.target_date), _day(target_date)))
    before = _checked_kinds(locked.blocking_findings)
    if blocking is not None and blocking != before:
        changes.append(
            audit.Change("findings that block a release", _labels(before), _labels(blocking))
        )
        locked.blocking_findings = blocking
    if changes:
        locked.name, locked.target_date = name, target_date
        locked.save(update_fields=["name", "target_date", "blocking_findings"])
        audit.append(
            workspace=locked,
            actor=actor,
            action=AuditAction.WORKSPACE_CHANGED,
            subject=audit.Subject("workspace", str(locked.pk)),
            label=name,
            changes=changes,
        )
    return locked


def _checked_kinds(values: Iterable[str]) -> list[str]:
    """Return kinds of findings, each once, in the order of `FindingKind`."""
    wanted = set(values)
    if wanted - set(FindingKind.values):
        raise InvalidError(
            _("Choose among the findings that are listed."), field="blocking_findings"
        )
    return [kind.value for kind in FindingKind if kind.value in wanted]


def _labels(kinds: Iterable[str]) -> str:
    return ", ".join(str(FindingKind(kind).label) for kind in kinds)


def _day(value: dt.date | None) -> str:
    return value.isoformat() if value else ""
