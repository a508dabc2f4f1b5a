"""Proof of identity: how and when the person at the browser proved who they are.

What somebody signs or attests carries both. The first of a series needs a proof that is not
older than ``ACCOUNT_REAUTHENTICATION_TIMEOUT`` seconds; those that follow within it are one
series (allauth's reauthentication).
"""

from __future__ import annotations

import datetime as dt
import time

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from responsibilities.http import WorkspaceRequest, redirect_to
from responsibilities.permissions import NotAllowedError
from responsibilities.services.statements import Authentication


def prove_identity(request: WorkspaceRequest) -> Authentication:
    """Return how and when the signer proved who they are. Every view that signs passes here.

    Raises NotAllowedError if the session does not say.
    """
    records = get_authentication_records(request, request.user)
    if not records:
        raise NotAllowedError(
            _("This session does not say how you signed in. Sign out, sign in again, then sign.")
        )
    return Authentication(
        method="+".join(dict.fromkeys(str(record["method"]) for record in records)),
        at=dt.datetime.fromtimestamp(records[-1]["at"], tz=dt.UTC),
    )


def ask_again(request: WorkspaceRequest, address: str, *, words: str) -> HttpResponse | None:
    """Return the way to prove it again and come back to `address`, if the last proof is old.

    `words` tell the person there why they are asked. Returns None where there is nothing to ask.
    """
    records = get_authentication_records(request, request.user)
    if not records or time.time() - records[-1]["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
        return None
    messages.info(request, words)
    query = urlencode({"next": address})
    return redirect_to(request, f"{reverse('account_reauthenticate')}?{query}")
