"""Erases a person's data, and leaves every proof as it was.

What goes: the account's name, address, password and memberships, and salt and payload of the
events that the person made or that name them. What stays, and why, is in the report: sign-offs and
attestations are signed statements over a printed name, a release is a frozen matrix with the names
in it, and the events that record them are their proof.
"""

from __future__ import annotations

import json
import re
import unicodedata
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from responsibilities import canonical
from responsibilities.choices import AuditAction
from responsibilities.models import (
    Attestation,
    AuditEvent,
    AuditPayload,
    EvidenceRevision,
    Export,
    Membership,
    Release,
    ReleaseWithdrawal,
    RowHistory,
    Signoff,
    SignoffWithdrawal,
    User,
    Workspace,
)
from responsibilities.permissions import Actor
from responsibilities.services import audit
from responsibilities.services.errors import InvalidError, NotAllowedError

KEPT_ACTIONS = (
    AuditAction.SIGNOFF_SIGNED,
    AuditAction.SIGNOFF_BULK_SIGNED,
    AuditAction.SIGNOFF_WITHDRAWN,
    AuditAction.RELEASE_PROPOSED,
    AuditAction.RELEASE_ATTESTED,
    AuditAction.RELEASE_WITHDRAWN,
)
_BATCH = 500


@dataclass
class Erased:
    """What was erased of a person, and what was kept. Numbers by workspace address."""

    person: uuid.UUID
    events: dict[str, int] = field(default_factory=dict)
    memberships: int = 0
    signed_events: int = 0
    signoffs: int = 0
    attestations: int = 0
    withdrawals: int = 0
    releases: int = 0
    texts: int = 0
    evidence: int = 0
    exports: int = 0


@transaction.atomic
def erase(*, actor: Actor, email: str) -> Erased:
    """Erase the data of the person with this address, and return what was erased and kept.

    Appends one event to each log that had something to erase; it names the events by number and
    the person by their opaque id. Raises NotAllowedError for a person, InvalidError if nobody has
    the address.
    """
    if not actor.is_system:
        raise NotAllowedError(_("Only the operator can erase a person's data, with a command."))
    user = User.objects.select_for_update(no_key=True).filter(email__iexact=email.strip()).first()
    if user is None:
        message = _("There is no account with the address %(email)s.")
        raise InvalidError(message % {"email": email}, field="email")
    report = _kept(user)
    either = "|".join(re.escape(unicodedata.normalize("NFC", x)) for x in (user.name, user.email))
    names = re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE)
    workspaces = list(_touched(user))
    report.memberships = Membership.objects.filter(user=user).count()
    for workspace in workspaces:
        _erase_in(workspace, actor, user, names, report)
    EmailAddress.objects.filter(user=user).delete()
    _blank(user)
    return report


def _kept(user: User) -> Erased:
    """Count what stays."""
    events = AuditEvent.objects.filter(actor_id=user.pk, action__in=KEPT_ACTIONS)
    return Erased(
        person=user.pk,
        signed_events=events.count(),
        signoffs=Signoff.objects.filter(signer=user).count(),
        attestations=Attestation.objects.filter(attester=user).count(),
        withdrawals=SignoffWithdrawal.objects.filter(withdrawn_by=user).count()
        + ReleaseWithdrawal.objects.filter(withdrawn_by=user).count(),
        releases=_naming_releases(user),
        texts=_naming_texts(user),
        evidence=EvidenceRevision.objects.filter(created_by=user).count(),
        exports=Export.objects.exclude(file="").filter(workspace__in=_touched(user)).count(),
    )


def _naming_releases(user: User) -> int:
    """Count the releases that the person proposed, or that name them."""
    named = Q(snapshot__icontains=_in_json(user.name)) | Q(summary__icontains=user.name)
    return Release.objects.filter(Q(proposed_by=user) | named).count()


def _naming_texts(user: User) -> int:
    """Count the texts of matrices that name the person, of now and before.

    They are the words of others about the work, sign-offs cover them, and a past day shows them:
    like the texts of today they stay, until somebody edits those. The person's id stays with
    their letters and memberships; since it has no name any more, a past day shows none.
    """
    rows = RowHistory.objects.annotate(text=Cast("data", TextField()))
    named = Q(text__icontains=_in_json(user.name)) | Q(text__icontains=_in_json(user.email))
    return rows.filter(named).count()


def _touched(user: User) -> Iterable[Workspace]:
    """Return the workspaces whose log may name the person, in one order for all writers."""
    acted = AuditEvent.objects.filter(actor_id=user.pk).order_by().values("workspace")
    member = Membership.objects.filter(user=user).order_by().values("workspace")
    named = AuditPayload.objects.filter(
        Q(payload__icontains=_in_json(user.name)) | Q(payload__icontains=_in_json(user.email))
    )
    said = named.order_by().values("event__workspace")
    return Workspace.objects.filter(Q(pk__in=acted) | Q(pk__in=member) | Q(pk__in=said)).order_by(
        "pk"
    )


def _in_json(text: str) -> str:
    """Return a text as it stands inside a payload."""
    return canonical.dumps(text).decode()[1:-1]


def _erase_in(
    workspace: Workspace, actor: Actor, user: User, names: re.Pattern[str], report: Erased
) -> None:
    """Empty the payloads in one workspace, under the lock of its log, and append the event."""
    audit.hold(workspace=workspace)
    found = dict(_naming(workspace, user, names))
    if not found and not Membership.objects.filter(workspace=workspace, user=user).exists():
        return
    events = sorted(found)
    for start in range(0, len(events), _BATCH):
        AuditPayload.objects.filter(event__in=events[start : start + _BATCH]).update(
            salt="", payload="", erased_at=timezone.now()
        )
    if found:
        report.events[workspace.slug] = len(found)
    Membership.objects.filter(workspace=workspace, user=user).delete()
    audit.append(
        workspace=workspace,
        actor=actor,
        action=AuditAction.PERSON_ERASED,
        subject=audit.Subject("person", str(user.pk)),
        label=str(user.pk),
        changes=[audit.Change("events", "", ranges(found.values()))] if found else [],
    )


def _naming(workspace: Workspace, user: User, names: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Yield key and number of each event that the person made or that names them."""
    rows = (
        AuditPayload.objects.filter(event__workspace=workspace, erased_at=None)
        .exclude(event__action__in=KEPT_ACTIONS)
        .values_list("event_id", "event__seq", "event__actor_id", "payload")
        .order_by("event__seq")
    )
    for event, seq, made_by, payload in rows.iterator(chunk_size=1000):
        if made_by == user.pk or any(names.search(text) for text in _texts(json.loads(payload))):
            yield event, seq


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


def ranges(numbers: Iterable[int]) -> str:
    """Return numbers as a short list, such as ``3, 17-19``."""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)


def _blank(user: User) -> None:
    """Leave an account that says nothing and that nobody can sign in with."""
    user.name = _("Erased person")
    user.email = f"{user.pk}@erased.invalid"
    user.is_active = user.is_staff = user.is_superuser = False
    user.last_login = None
    user.set_unusable_password()
    user.save()
    user.user_permissions.clear()
    user.groups.clear()
