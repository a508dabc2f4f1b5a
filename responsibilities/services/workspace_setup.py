"""What a new workspace starts from: model version, organizations, address. Writes nothing."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Mapping

from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from responsibilities.choices import PartyKind, VersionStatus
from responsibilities.models import ModelVersion, Party, Workspace
from responsibilities.services.errors import InvalidError, refusing
from responsibilities.validators import check_day

SLUG_LENGTH = 60
RESERVED_SLUGS = frozenset({"new", "all", "archive", "export", "import", "search"})
"""Words that are, or may become, pages beside the workspaces."""

SLUG_TAKEN = gettext_lazy("There is already a workspace at this address. Choose another.")

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]*")


def published_version(reference: str) -> ModelVersion:
    """Return the version named ``slug@label``, or the newest published one of ``slug``.

    Raises InvalidError when there is none that is published.
    """
    slug, _at, label = reference.partition("@")
    versions = ModelVersion.objects.select_related("model").filter(
        model__slug=slug, status=VersionStatus.PUBLISHED
    )
    if label:
        versions = versions.filter(label=label)
    version = versions.order_by("-released_on", "-label").first()
    if version is None:
        message = _("There is no published model version “%(reference)s”.")
        raise InvalidError(message % {"reference": reference}, field="version")
    return version


def default_organizations(
    version: ModelVersion, *, customer: str = "", named: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return an organization's name for each party key.

    What is `named` comes first; then `customer` for the customer's party, the publisher for
    the provider's, and the party's own name for any other. Raises InvalidError for a named
    party that the model does not have.
    """
    named = named or {}
    by_kind = {PartyKind.CUSTOMER: customer, PartyKind.PROVIDER: version.model.publisher}
    parties = list(Party.objects.filter(version=version))
    for key in named:
        if key not in {party.key for party in parties}:
            message = _("The model has no party “%(party)s”. Its parties are: %(parties)s.")
            known = ", ".join(party.key for party in parties)
            raise InvalidError(message % {"party": key, "parties": known}, field="organization")
    return {
        party.key: named.get(party.key) or by_kind.get(PartyKind(party.kind), party.name)
        for party in parties
    }


def provider_party(version: ModelVersion) -> str:
    """Return the key of the provider's party, or of the first one where there is none."""
    kinds = dict(Party.objects.filter(version=version).values_list("key", "kind"))
    return next(
        (key for key, kind in kinds.items() if kind == PartyKind.PROVIDER), next(iter(kinds))
    )


def free_slug(name: str) -> str:
    """Return an address made from `name` that no workspace has and that is not reserved."""
    room = SLUG_LENGTH - len("-9999")
    base = slugify(name)[:room].strip("-_") or "workspace"
    taken = RESERVED_SLUGS | set(
        Workspace.objects.filter(slug__startswith=base).values_list("slug", flat=True)
    )
    numbered = (f"{base}-{number}" for number in itertools.count(2))
    return next(slug for slug in itertools.chain([base], numbered) if slug not in taken)


def check_slug(slug: str) -> str:
    """Return the address in lower case.

    Raises InvalidError if it is malformed, too long or reserved. Whether it is taken, only
    the database can say.
    """
    slug = slug.strip().lower()
    if not _SLUG.fullmatch(slug) or len(slug) > SLUG_LENGTH:
        raise InvalidError(
            _("Use up to %(length)s small letters, digits and hyphens, a letter or digit first.")
            % {"length": SLUG_LENGTH},
            field="slug",
        )
    if slug in RESERVED_SLUGS:
        message = _("“%(slug)s” is reserved. Choose another address.")
        raise InvalidError(message % {"slug": slug}, field="slug")
    return slug


def check_target_date(target_date: dt.date | None) -> None:
    """Raise InvalidError for a day in the past, or one that nobody plans for."""
    if target_date is None:
        return
    with refusing("target_date"):
        check_day(target_date)
    if target_date < timezone.localdate():
        raise InvalidError(_("The target date cannot be in the past."), field="target_date")
