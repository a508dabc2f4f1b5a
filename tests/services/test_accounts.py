"""Accounts: added by the operator alone, once per address, with a password that holds."""

from __future__ import annotations

import pytest

from responsibilities.models import User
from responsibilities.permissions import NotAllowedError, may_add_workspace, system_actor
from responsibilities.services import accounts
from responsibilities.services.errors import InvalidError
from tests.world import PASSWORD, World


@pytest.mark.django_db
def test_added_with_password_and_right() -> None:
    user = accounts.add(
        actor=system_actor(),
        email=" Ann@People.Example ",
        name="Ann",
        password=PASSWORD,
        may_create_workspaces=True,
    )
    user = User.objects.get(pk=user.pk)
    assert user.email == "ann@people.example"
    assert user.check_password(PASSWORD)
    assert may_add_workspace(user)
    assert not user.is_superuser


@pytest.mark.django_db
def test_without_password_nobody_can_sign_in() -> None:
    user = accounts.add(actor=system_actor(), email="ann@people.example", name="Ann")
    assert not user.has_usable_password()
    assert not may_add_workspace(User.objects.get(pk=user.pk))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("email", "name", "password", "field"),
    [
        ("nonsense", "Ann", "", "email"),
        ("", "Ann", "", "email"),
        ("ann@people.example", " ", "", "name"),
        ("ann@people.example", "n" * 121, "", "name"),
        ("ann@people.example", "Ann", "short", "password"),
    ],
)
def test_refused(email: str, name: str, password: str, field: str) -> None:
    with pytest.raises(InvalidError) as refused:
        accounts.add(actor=system_actor(), email=email, name=name, password=password)
    assert refused.value.field == field
    assert not User.objects.exists()


@pytest.mark.django_db
def test_one_account_per_address() -> None:
    accounts.add(actor=system_actor(), email="ann@people.example", name="Ann")
    with pytest.raises(InvalidError, match="already"):
        accounts.add(actor=system_actor(), email="ANN@people.example", name="Another")
    assert User.objects.get().name == "Ann"


def test_no_person_adds_accounts_or_grants_rights(world: World) -> None:
    actor = world.actor("party0")
    with pytest.raises(NotAllowedError):
        accounts.add(actor=actor, email="ann@people.example", name="Ann")
    with pytest.raises(NotAllowedError):
        accounts.allow_creating(actor=actor, user=world.outsider)
    assert not may_add_workspace(User.objects.get(pk=world.outsider.pk))


@pytest.mark.django_db
def test_find_says_how_to_add_who_is_missing() -> None:
    accounts.add(actor=system_actor(), email="ann@people.example", name="Ann")
    assert accounts.find(" ANN@people.example").name == "Ann"
    with pytest.raises(InvalidError, match=r"add_user bob@people\.example"):
        accounts.find("bob@people.example")
    User.objects.update(is_active=False)
    with pytest.raises(InvalidError):
        accounts.find("ann@people.example")
