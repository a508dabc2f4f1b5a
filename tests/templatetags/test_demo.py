"""The demo accounts on the login page: only in a demo, only whom one can sign in as."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from responsibilities.models import Membership, User
from responsibilities.templatetags import demo


@pytest.mark.usefixtures("world")
def test_accounts_say_what_they_may_do_in_one_query(
    settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.REXMATRIX_DEMO = True
    with django_assert_num_queries(1):
        accounts = demo.demo_accounts()
    assert 0 < len(accounts) <= demo.MOST_ACCOUNTS
    first = accounts[0]
    expected: dict[str, list[str]] = {}
    for m in Membership.objects.filter(user__email=first.email).order_by("workspace__name"):
        expected.setdefault(m.get_role_display(), []).append(m.workspace.name)
    assert first.roles == expected


@pytest.mark.usefixtures("world")
def test_neither_strangers_nor_people_without_password_are_named(settings: Settings) -> None:
    settings.REXMATRIX_DEMO = True
    listed = {account.email for account in demo.demo_accounts()}
    one, other, *_rest = sorted(listed)
    real = User.objects.get(email=one)
    real.email = "person@company.test"
    real.save()
    locked = User.objects.get(email=other)
    locked.set_unusable_password()
    locked.save()
    left = {account.email for account in demo.demo_accounts()}
    assert one not in left
    assert other not in left
    assert "person@company.test" not in left


@pytest.mark.usefixtures("world")
def test_without_demo_nothing_is_named_and_nothing_is_asked(
    settings: Settings, django_assert_num_queries: DjangoAssertNumQueries, client: Client
) -> None:
    settings.REXMATRIX_DEMO = False
    with django_assert_num_queries(0):
        assert demo.demo_accounts() == []
        assert demo.demo_password() == ""
    page = client.get(reverse("account_login")).content.decode()
    assert ".example" not in page
    assert settings.REXMATRIX_DEMO_PASSWORD not in page


@pytest.mark.usefixtures("world")
def test_login_page_names_the_accounts_of_a_demo(settings: Settings, client: Client) -> None:
    settings.REXMATRIX_DEMO = True
    page = client.get(reverse("account_login")).content.decode()
    assert demo.demo_accounts()[0].email in page
    assert settings.REXMATRIX_DEMO_PASSWORD in page
