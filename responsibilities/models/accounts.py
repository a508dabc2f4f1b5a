"""People who sign in."""

from __future__ import annotations

import uuid
from typing import ClassVar, override

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    """Creates users from an e-mail address and a name."""

    def create_user(
        self, email: str, password: str | None = None, *, name: str, **fields: object
    ) -> User:
        """Create and return a user. Without a password the account cannot sign in by password.

        Raises ValueError when the e-mail address is empty.
        """
        if not email:
            msg = "a user needs an e-mail address"
            raise ValueError(msg)
        user = self.model(email=self.normalize_email(email).lower(), name=name, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(
        self, email: str, password: str | None = None, *, name: str, **fields: object
    ) -> User:
        """Create and return a user who has every Django permission (never a workspace role)."""
        return self.create_user(
            email, password, name=name, is_superuser=True, is_staff=True, **fields
        )

    @override
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person. The id is random, so that it can stand in the audit log without saying who."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        ordering = ("name", "email")
        constraints = (
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_once",
                violation_error_message=_("There is already an account with this address."),
            ),
        )

    @override
    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        """Return the printed name, as it stands in sign-offs."""
        return self.name

    def get_short_name(self) -> str:
        """Return the printed name."""
        return self.name
