"""Adds people who can sign in, and grants the one right that stands outside every workspace.

Accounts belong to no workspace, so nothing here appends to an audit log. Only the operator may do
this, with a command.
"""

from __future__ import annotations

from django.contrib.auth.models import Permission
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from responsibilities.models import User
from responsibilities.permissions import ADD_WORKSPACE, Actor
from responsibilities.services.errors import InvalidError, NotAllowedError, refusing
from responsibilities.validators import clean_name

NAME_LENGTH = 120


@transaction.atomic
def add(
    *,
    actor: Actor,
    email: str,
    name: str,
    password: str = "",
    may_create_workspaces: bool = False,
) -> User:
    """Add a person who can sign in, and return them.

    Without a password nobody can sign in with the account until its owner sets one through the
    reset mail. Raises NotAllowedError for a person; InvalidError for a malformed address, an
    address that has an account, a name that is missing or hides something, or a password that
    is too weak.
    """
    _require_operator(actor)
    email = email.strip().lower()
    with refusing("name"):
        name = clean_name(name)
    if not name or len(name) > NAME_LENGTH:
        message = _("Give a name of at most %(length)s characters.")
        raise InvalidError(message % {"length": NAME_LENGTH}, field="name")
    try:
        validate_email(email)
    except ValidationError as bad:
        message = _("“%(email)s” is not an e-mail address.")
        raise InvalidError(message % {"email": email}, field="email") from bad
    if password:
        _check_password(password, User(email=email, name=name))
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password or None, name=name)
    except IntegrityError as clash:
        message = _("There is already an account with the address %(email)s.")
        raise InvalidError(message % {"email": email}, field="email") from clash
    if may_create_workspaces:
        allow_creating(actor=actor, user=user)
    return user


@transaction.atomic
def allow_creating(*, actor: Actor, user: User) -> None:
    """Let a person create workspaces. Raises NotAllowedError for anybody but the operator."""
    _require_operator(actor)
    app, codename = ADD_WORKSPACE.split(".")
    user.user_permissions.add(
        Permission.objects.get(content_type__app_label=app, codename=codename)
    )


def find(email: str) -> User:
    """Return the active person with this address. Raises InvalidError if there is none."""
    user = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
    if user is None:
        message = _(
            "There is no active account with the address %(email)s. Add one with: "
            "manage.py add_user %(email)s --name NAME"
        )
        raise InvalidError(message % {"email": email}, field="email")
    return user


def _require_operator(actor: Actor) -> None:
    if not actor.is_system:
        raise NotAllowedError(_("Only the operator can add accounts, with a command."))


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as weak:
        raise InvalidError(" ".join(weak.messages), field="password") from weak
