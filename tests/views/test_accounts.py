"""The account pages wear our layout, say what happened, and tell strangers nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.core import mail
from django.test import Client
from django.urls import NoReverseMatch, reverse

from responsibilities.models import User
from tests.world import PASSWORD, World

type SignIn = Callable[[User | None], Client]


@pytest.fixture
def person(world: World) -> User:
    """A member with a password."""
    return world.user("party0", "manager")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("account_login", "Sign in"),
        ("account_reset_password", "Reset password"),
        ("account_reset_password_done", "Look into your mail"),
        ("account_reset_password_from_key_done", "Password changed"),
        ("account_inactive", "This account is switched off"),
    ],
)
def test_pages_for_people_who_are_not_signed_in(client: Client, name: str, heading: str) -> None:
    page = client.get(reverse(name)).content.decode()
    assert re.findall(r"<h1[^>]*>(.*?)</h1>", page) == [heading]
    assert 'id="main"' in page
    assert " · Rexmatrix</title>" in page
    assert "style=" not in page


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("account_change_password", "Change password"),
        ("account_logout", "Sign out?"),
        ("account_reauthenticate", "Confirm that it is you"),
    ],
)
def test_pages_for_people_who_are_signed_in(
    as_user: SignIn, person: User, name: str, heading: str
) -> None:
    page = as_user(person).get(reverse(name)).content.decode()
    assert re.findall(r"<h1[^>]*>(.*?)</h1>", page) == [heading]
    assert "style=" not in page


@pytest.mark.parametrize("name", ["account_change_password", "account_reauthenticate"])
def test_fields_are_labelled_in_our_words(as_user: SignIn, person: User, name: str) -> None:
    page = as_user(person).get(reverse(name)).content.decode()
    labels = [label.strip() for label in re.findall(r"<label[^>]*>([^<]*)", page)]
    assert labels
    assert all(label == label.capitalize() for label in labels)
    assert "placeholder=" not in page


def test_wrong_password_is_told_in_the_summary(client: Client, person: User) -> None:
    page = client.post(
        reverse("account_login"), {"login": person.email, "password": "something else"}
    ).content.decode()
    assert "data-error-summary" in page
    assert f'value="{person.email}"' in page, "what was typed is kept"
    assert "something else" not in page


def test_signing_in_leads_on_without_chatter(client: Client, person: User) -> None:
    target = reverse("account_change_password")
    answer = client.post(
        reverse("account_login"),
        {"login": person.email, "password": PASSWORD, "next": target},
        follow=True,
    )
    assert answer.redirect_chain == [(target, 302)]
    assert "notice" not in re.sub(r"<style.*?</style>", "", answer.content.decode())
    assert person.email in answer.content.decode()


def test_theme_of_the_cookie_is_in_the_first_byte_of_the_page(client: Client, db: None) -> None:  # noqa: ARG001
    assert "data-theme" not in client.get(reverse("account_login")).content.decode()[:200]
    client.cookies["theme"] = "dark"
    assert (
        '<html lang="en" data-theme="dark">'
        in client.get(reverse("account_login")).content.decode()
    )


def test_password_is_reset_by_the_link_in_the_mail(client: Client, person: User) -> None:
    client.post(reverse("account_reset_password"), {"email": person.email})
    [message] = mail.outbox
    assert message.subject.endswith("Choose a new password")
    [link] = re.findall(r"https?://[^/]+(/\S+)", str(message.body))
    form = client.get(link, follow=True)
    assert "Choose a new password" in form.content.decode()
    new = "an entirely different phrase"
    client.post(form.redirect_chain[-1][0], {"password1": new, "password2": new})
    person.refresh_from_db()
    assert person.check_password(new)
    again = client.get(link, follow=True).content.decode()
    assert "This link does not work" in again


def test_unknown_address_gets_the_same_answer_and_no_mail(client: Client, db: None) -> None:  # noqa: ARG001
    answer = client.post(reverse("account_reset_password"), {"email": "nobody@nowhere.test"})
    assert answer.headers["Location"] == reverse("account_reset_password_done")
    assert mail.outbox == []


@pytest.mark.parametrize("name", ["account_signup", "account_email"])
def test_there_is_no_signup(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)
