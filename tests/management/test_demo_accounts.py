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
def test_only_accounts_that_the_published_password_opens(settings: Settings) -> None:
    settings.REXMATRIX_DEMO = True
    members = list(User.objects.filter(memberships__isnull=False).distinct()[:2])
    for user, password in zip(
        members, (settings.REXMATRIX_DEMO_PASSWORD, "their own words"), strict=True
    ):
        user.email = f"person-{user.pk}@demo.example"
        user.set_password(password)
        user.save()
    found = listed()
    assert members[0].email in found
    membership = Membership.objects.filter(user=members[0]).select_related("workspace")[0]
    assert f"{membership.role} in {membership.workspace.slug}" in found
    assert members[1].email not in found


@pytest.mark.django_db
def test_says_when_there_are_none(settings: Settings) -> None:
    settings.REXMATRIX_DEMO = True
    assert listed() == "There are no demo accounts.\n"


@pytest.mark.django_db
def test_refused_where_demo_data_is(settings: Settings) -> None:
    settings.REXMATRIX_DEMO = False
    with pytest.raises(CommandError, match="no demo data"):
        listed()
