"""How people come in: django-allauth's adapter, with signup closed."""

from typing import override

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by a manager or an operator; nobody signs up."""

    @override
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: the signup page says that it is closed."""
        return False
