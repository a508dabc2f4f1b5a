"""All models, by the noun that names their module."""

from responsibilities.models.accounts import User
from responsibilities.models.assignments import Assignment, Item
from responsibilities.models.audit import AuditEvent, AuditHead, AuditPayload, AuditSubject
from responsibilities.models.catalog import (
    DefaultAssignment,
    ModelVersion,
    Party,
    Responsibility,
    ResponsibilityModel,
    Section,
    TeamTemplate,
)
from responsibilities.models.checkpoints import Checkpoint, LogKey
from responsibilities.models.evidence import Evidence, EvidenceLink, EvidenceRevision
from responsibilities.models.exports import Export
from responsibilities.models.history import RowHistory
from responsibilities.models.releases import Attestation, Release, ReleaseWithdrawal
from responsibilities.models.signoffs import Signoff, SignoffWithdrawal
from responsibilities.models.workspaces import (
    Membership,
    Organization,
    Seat,
    Team,
    TeamMember,
    Workspace,
)

__all__ = [
    "Assignment",
    "Attestation",
    "AuditEvent",
    "AuditHead",
    "AuditPayload",
    "AuditSubject",
    "Checkpoint",
    "DefaultAssignment",
    "Evidence",
    "EvidenceLink",
    "EvidenceRevision",
    "Export",
    "Item",
    "LogKey",
    "Membership",
    "ModelVersion",
    "Organization",
    "Party",
    "Release",
    "ReleaseWithdrawal",
    "Responsibility",
    "ResponsibilityModel",
    "RowHistory",
    "Seat",
    "Section",
    "Signoff",
    "SignoffWithdrawal",
    "Team",
    "TeamMember",
    "TeamTemplate",
    "User",
    "Workspace",
]
