"""The list of demo accounts."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from responsibilities.models import Membership, User


def listed() -> str:
    """Return what the command prints."""
    out = StringIO()
    call_command("demo_accounts", stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("world")
def test_names_address_roles_and_password(settings: Settings) -> None:
    settings.REXMATRIX_DEMO = True
    one, other = User.objects.filter(memberships__isnull=False).distinct()[:2]
    User.objects.exclude(pk__in=[one.pk, other.pk]).update(is_active=False)
    one.email = "one@demo.example"
    one.set_password(settings.REXMATRIX_DEMO_PASSWORD)
    one.save()
    other.email = "other@demo.example"
    other.set_unusable_password()
    other.save()
    membership = Membership.objects.filter(user=one).select_related("workspace")[0]
    lines = listed().splitlines()
    assert lines[0] == f"Demo accounts, password {settings.REXMATRIX_DEMO_PASSWORD}:"
    assert len(lines) == 2
    assert lines[1].split()[0] == one.email
    assert f"{membership.get_role_display()} of {membership.workspace.name}" in lines[1]


@pytest.mark.django_db
def test_says_when_there_are_none(settings: Settings) -> None:
    settings.REXMATRIX_DEMO = True
    assert listed() == "There are no demo accounts.\n"


@pytest.mark.django_db
def test_refused_where_demo_data_is(settings: Settings) -> None:
    settings.REXMATRIX_DEMO = False
    with pytest.raises(CommandError, match="no demo data"):
        listed()
