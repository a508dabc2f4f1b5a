"""Two people take one address at the same moment: one gets it, the other keeps what was typed."""

from __future__ import annotations

from functools import partial

from django.contrib.auth.models import Permission
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from responsibilities.models import AuditEvent, User, Workspace
from tests.concurrency import CommittingDatabase
from tests.world import make_user, make_version


def creator(name: str) -> User:
    """Make a person who may create workspaces."""
    user = make_user(name)
    user.user_permissions.add(Permission.objects.get(codename="add_workspace"))
    return user


def test_one_address_is_given_once(committing: CommittingDatabase) -> None:
    version = make_version()
    names = ["Ann", "Bob", "Cat", "Dan"]
    browsers = [Client() for _ in names]
    for browser, name in zip(browsers, names, strict=True):
        browser.force_login(creator(name))

    def create(browser: Client, name: str) -> object:
        sent = {
            "version": version.pk,
            "manager_party": "party0",
            "organization_party0": "Vendor Inc.",
            "organization_party1": f"Customer of {name}",
            "name": f"Workspace of {name}",
            "slug": "wanted",
            "use_template": "on",
        }
        return browser.post(reverse("workspace_new"), sent)

    answers = committing.together(
        [partial(create, *pair) for pair in zip(browsers, names, strict=True)]
    )
    workspace = Workspace.objects.get(slug="wanted")
    assert AuditEvent.objects.filter(workspace=workspace).count() == 1
    assert workspace.items.count() == 6
    refused = 0
    for name, answer in zip(names, answers, strict=True):
        assert isinstance(answer, HttpResponse)
        if workspace.name == f"Workspace of {name}":
            assert answer.status_code == 302
        else:
            page = answer.content.decode()
            assert "There is already a workspace at this address." in page
            assert f'value="Customer of {name}"' in page
            refused += 1
    assert refused == len(names) - 1
