"""A fresh installation gets its first person, who sets a password and creates a workspace."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from responsibilities.models import User
from responsibilities.permissions import may_add_workspace
from tests.world import PASSWORD, make_user

ADDRESS = "ann@people.example"


def add(*arguments: str) -> str:
    """Run the command and return what it says."""
    out = StringIO()
    call_command("add_user", ADDRESS, *arguments, stdout=out, no_color=True)
    return out.getvalue()


@pytest.mark.django_db
def test_password_from_standard_input(monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(f"{PASSWORD}\n"))
    said = add("--name=Ann", "--may-create-workspaces", "--password-stdin")
    assert said == f"{ADDRESS} added. They can sign in with the password given.\n"
    assert may_add_workspace(User.objects.get())
    client.post(reverse("account_login"), {"login": ADDRESS, "password": PASSWORD})
    assert client.get(reverse("workspace_new")).status_code == 200


@pytest.mark.django_db
def test_without_password_the_reset_mail_sets_it(client: Client) -> None:
    assert "“Forgot your password?”" in add("--name=Ann")
    assert not may_add_workspace(User.objects.get())
    client.post(reverse("account_reset_password"), {"email": ADDRESS})
    link = re.search(r"https?://[^/]+(/\S+)", str(mail.outbox[0].body))
    assert link is not None
    form = client.get(link[1], follow=True)
    sent = {"password1": PASSWORD, "password2": PASSWORD}
    client.post(form.redirect_chain[-1][0], sent)
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["", "\n"])
def test_empty_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(typed))
    with pytest.raises(CommandError, match="no password on standard input"):
        add("--name=Ann", "--password-stdin")
    assert not User.objects.exists()


@pytest.mark.django_db
def test_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="Give a name"):
        add()
    monkeypatch.setattr("sys.stdin", StringIO("short\n"))
    with pytest.raises(CommandError, match="too short"):
        add("--name=Ann", "--password-stdin")
    assert not User.objects.exists()


@pytest.mark.django_db
def test_existing_account_gets_the_right_and_keeps_its_password() -> None:
    ann = make_user("Ann")
    assert add("--may-create-workspaces") == f"{ADDRESS} may create workspaces now.\n"
    ann = User.objects.get(pk=ann.pk)
    assert may_add_workspace(ann)
    assert ann.check_password(PASSWORD)
    with pytest.raises(CommandError, match="already an account"):
        add("--name=Ann")
