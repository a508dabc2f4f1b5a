"""Closed lists of values. The words are those of the design; labels are for people."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class VersionStatus(models.TextChoices):
    """Life of a model version. A published version never changes."""

    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class PartyKind(models.TextChoices):
    """What a party is to the others. It chooses the tint, never the rules."""

    PROVIDER = "provider", _("Provider")
    CUSTOMER = "customer", _("Customer")
    THIRD_PARTY = "third_party", _("Third party")


class Obligation(models.TextChoices):
    """How binding a responsibility is."""

    REQUIRED = "required", _("Required")
    CONDITIONAL = "conditional", _("Conditional")
    RECOMMENDED = "recommended", _("Recommended")
    OPTIONAL = "optional", _("Optional")


class Letter(models.TextChoices):
    """The four letters of a RACI matrix, in reading order."""

    RESPONSIBLE = "R", _("Responsible")
    ACCOUNTABLE = "A", _("Accountable")
    CONSULTED = "C", _("Consulted")
    INFORMED = "I", _("Informed")


class Applicability(models.TextChoices):
    """Whether a responsibility applies in this workspace. "Not applicable" needs a reason."""

    APPLICABLE = "applicable", _("Applicable")
    NOT_APPLICABLE = "not_applicable", _("Not applicable")


class Role(models.TextChoices):
    """What a member may do, on the side the member sits on."""

    MANAGER = "manager", _("Manager")
    CONTRIBUTOR = "contributor", _("Contributor")
    APPROVER = "approver", _("Approver")
    READER = "reader", _("Reader")
    AUDITOR = "auditor", _("Auditor")


class EvidenceKind(models.TextChoices):
    """The three forms a piece of evidence can take."""

    FILE = "file", _("File")
    LINK = "link", _("Link")
    NOTE = "note", _("Note")


class Meaning(models.TextChoices):
    """What a sign-off says: the holder confirms, every other side acknowledges."""

    CONFIRM = "confirm", _("Confirmed by the holder")
    ACKNOWLEDGE = "acknowledge", _("Acknowledged")


class SignoffState(models.TextChoices):
    """State of one side's sign-off on one item. Computed, never stored."""

    NONE = "none", _("Not signed")
    CURRENT = "current", _("Signed")
    STALE = "stale", _("Stale")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class FindingKind(models.TextChoices):
    """What can be wrong with an item or the matrix. Computed, never stored."""

    NO_ACCOUNTABLE = "no_accountable", _("Nobody is accountable")
    NO_RESPONSIBLE = "no_responsible", _("Nobody is responsible")
    ACCOUNTABLE_ELSEWHERE = "accountable_elsewhere", _("Accountable on another side")
    ONLY_CONSULTED_INFORMED = "only_consulted_informed", _("Only consulted or informed")
    TEAM_WITHOUT_MEMBERS = "team_without_members", _("Team without members")
    OWNER_LEFT = "owner_left", _("Owner has left")
    EVIDENCE_MISSING = "evidence_missing", _("Evidence missing")
    EVIDENCE_EXPIRED = "evidence_expired", _("Evidence expired")
    EVIDENCE_EXPIRING = "evidence_expiring", _("Evidence about to expire")
    SIGNOFF_STALE = "signoff_stale", _("Sign-off stale")
    REVIEW_OVERDUE = "review_overdue", _("Review overdue")
    SIGNER_SOLE_RESPONSIBLE = "signer_sole_responsible", _("Signer is the only responsible")


class Severity(models.TextChoices):
    """Red for what is wrong, amber for what will be."""

    WRONG = "wrong", _("Wrong")
    SOON = "soon", _("Needs attention")


class ReleaseStatus(models.TextChoices):
    """Life of a release: proposed, then current, then superseded; withdrawn from any of them."""

    PROPOSED = "proposed", _("Proposed")
    CURRENT = "current", _("Current")
    SUPERSEDED = "superseded", _("Superseded")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class ExportFormat(models.TextChoices):
    """Formats a workspace can be exported to."""

    PDF = "pdf", _("RACI PDF")
    JSON = "json", _("Canonical JSON")


class Paper(models.TextChoices):
    """Paper sizes of the PDF."""

    A4 = "a4", _("A4")
    LETTER = "letter", _("US Letter")


class ExportStatus(models.TextChoices):
    """Life of an export."""

    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class Via(models.TextChoices):
    """The channel through which an actor acts."""

    WEB = "web", _("Browser")
    COMMAND = "command", _("Command line")
    TASK = "task", _("Background task")
    API = "api", _("API")


class AuditAction(models.TextChoices):
    """Every action the audit log knows: ``object.past_tense``."""

    WORKSPACE_CREATED = "workspace.created", _("Workspace created")
    WORKSPACE_CHANGED = "workspace.changed", _("Workspace changed")
    MEMBER_ADDED = "member.added", _("Member added")
    MEMBER_CHANGED = "member.changed", _("Member changed")
    MEMBER_REMOVED = "member.removed", _("Member removed")
    TEAM_ADDED = "team.added", _("Team added")
    TEAM_CHANGED = "team.changed", _("Team changed")
    TEAM_MOVED = "team.moved", _("Team moved")
    TEAM_ARCHIVED = "team.archived", _("Team archived")
    TEAM_RESTORED = "team.restored", _("Team restored")
    TEAM_MEMBERS_CHANGED = "team.members_changed", _("Team members changed")
    ASSIGNMENT_CHANGED = "assignment.changed", _("Assignment changed")
    ITEM_CHANGED = "item.changed", _("Item changed")
    ITEMS_BULK_CHANGED = "items.bulk_changed", _("Items changed in bulk")
    EVIDENCE_ADDED = "evidence.added", _("Evidence added")
    EVIDENCE_REVISED = "evidence.revised", _("Evidence revised")
    EVIDENCE_CHANGED = "evidence.changed", _("Evidence changed")
    EVIDENCE_LINKED = "evidence.linked", _("Evidence linked to items")
    EVIDENCE_UNLINKED = "evidence.unlinked", _("Evidence unlinked from an item")
    EVIDENCE_ARCHIVED = "evidence.archived", _("Evidence archived")
    EVIDENCE_RESTORED = "evidence.restored", _("Evidence restored")
    SIGNOFF_SIGNED = "signoff.signed", _("Signed off")
    SIGNOFF_BULK_SIGNED = "signoff.bulk_signed", _("Signed off in bulk")
    SIGNOFF_WITHDRAWN = "signoff.withdrawn", _("Sign-off withdrawn")
    RELEASE_PROPOSED = "release.proposed", _("Release proposed")
    RELEASE_ATTESTED = "release.attested", _("Release attested")
    RELEASE_WITHDRAWN = "release.withdrawn", _("Release withdrawn")
    EXPORT_REQUESTED = "export.requested", _("Export requested")
    EXPORT_PREPARED = "export.prepared", _("Export prepared")
    EXPORT_CREATED = "export.created", _("Export created")
    EXPORT_FAILED = "export.failed", _("Export failed")
    EXPORT_CANCELLED = "export.cancelled", _("Export cancelled")
    PERSON_ERASED = "person.erased", _("Personal data erased")
