"""What an attestation of a release says: its sentence, and the canonical statement that is hashed.

Built like the statement of a sign-off (`statements`), over the release instead of an item.
"""

from __future__ import annotations

import datetime as dt
import secrets

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from responsibilities import canonical
from responsibilities.models import Membership, Release
from responsibilities.services.statements import Authentication, Shown, moment, signed_by

ATTESTATION_VERSION = 1
_NONCE_BYTES = 16


def sentence(release: Release, membership: Membership) -> str:
    """Return the sentence that a member's attestation says, in the active language."""
    return _(
        "I attest for %(side)s that release %(number)s of “%(workspace)s” with the SHA-256 "
        "%(digest)s divides the responsibilities as we have agreed."
    ) % {
        "side": membership.seat.organization.name,
        "number": release.number,
        "workspace": release.workspace.name,
        "digest": release.digest,
    }


def offer(release: Release, membership: Membership) -> Shown:
    """Return what to show a member who is about to attest this release."""
    return Shown(digest=release.digest, sentence=sentence(release, membership))


def statement(
    *,
    release: Release,
    membership: Membership,
    shown: Shown,
    authentication: Authentication,
    attested_at: dt.datetime,
) -> canonical.Json:
    """Return the statement that is attested, ready for `canonical.dumps`.

    The nonce makes two statements differ even if everything else is the same.
    """
    workspace = release.workspace
    return {
        "v": ATTESTATION_VERSION,
        "kind": "attestation",
        "workspace": {"id": str(workspace.pk), "slug": workspace.slug},
        "release": {"id": str(release.pk), "number": release.number, "digest": shown.digest},
        "sentence": shown.sentence,
        "language": get_language() or "",
        **signed_by(membership, authentication),
        "signed_at": moment(attested_at),
        "nonce": secrets.token_hex(_NONCE_BYTES),
    }
