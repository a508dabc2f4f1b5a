"""Every address × role × side × method, against the table in `route_table`.

A route that the table does not know fails here: whoever adds one says who may open it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from responsibilities.choices import Role
from responsibilities.models import AuditEvent, Membership, User
from tests.responses import let_go
from tests.views.route_table import (
    CARETAKER_ROUTES,
    SITE_ROUTES,
    WORKSPACE_ROUTES,
    Route,
    Site,
    Who,
    nothing,
)
from tests.views.stage import SIDES, Stage, make_stage
from tests.world import World

PASSED = frozenset({200, 204, 302, 303, 409})
"""What somebody gets who is let through: a page, an answer, a way on, or a conflict."""

WALK = [
    (route, owner)
    for route in WORKSPACE_ROUTES
    for owner in (SIDES if route.kwargs is not nothing else SIDES[:1])
]
"""Every route, with a thing of each side where it names one."""


def routes(resolver: URLResolver, scoped: str = "") -> Iterator[tuple[str, str]]:
    """Yield name and pattern of every address of the project."""
    for entry in resolver.url_patterns:
        pattern = scoped + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield entry.name or pattern, pattern
        else:
            yield from routes(entry, pattern)


@pytest.fixture
def stage(world: World) -> Stage:
    """A world in which every address can be opened."""
    return make_stage(world)


def request(client: Client, method: str, address: str, data: dict[str, Any]) -> HttpResponseBase:
    """Send a request, and undo whatever it wrote."""
    with transaction.atomic():
        answer = client.generic(method, address) if method != "POST" else None
        response: HttpResponseBase = answer or client.post(address, data)
        if response.streaming:
            let_go(response)
        transaction.set_rollback(True)
    return response


def people(stage: Stage) -> Iterator[tuple[str, str, Client]]:
    """Yield side and role of every kind of member, and a browser of theirs."""
    for (side, role), user in stage.world.people.items():
        client = Client()
        client.force_login(user)
        yield side, role, client


def address_of(route: Route, stage: Stage, owner: str, slug: str = "acme") -> str:
    """Return the address of a route, naming a thing of the side `owner`."""
    return reverse(route.name, kwargs={"slug": slug, **route.kwargs(stage, owner)})


def ask(
    client: Client, method: str, route: Route, stage: Stage, owner: str, *, slug: str = "acme"
) -> int:
    """Send a request with the data of the route, undo what it wrote, return the status."""
    data = route.data(stage, owner) if method == "POST" else {}
    return request(client, method, address_of(route, stage, owner, slug), data).status_code


def test_the_table_knows_every_route() -> None:
    found = list(routes(get_resolver()))
    known = [route.name for route in WORKSPACE_ROUTES] + [site.name for site in SITE_ROUTES]
    assert len(known) == len(set(known))
    assert {name for name, _pattern in found} == set(known)
    in_workspaces = {name for name, pattern in found if pattern.startswith("w/<slug:slug>/")}
    assert in_workspaces == {route.name for route in WORKSPACE_ROUTES}


def test_everybody_is_in_the_walk(stage: Stage) -> None:
    assert set(stage.world.people) == set(product(SIDES, Role.values))


def test_members(stage: Stage) -> None:
    wrong = []
    for side, role, client in people(stage):
        for route, owner in WALK:
            for method, who in route.methods:
                status = ask(client, method, route, stage, owner)
                if status not in expected(who, side, role, owner):
                    wrong.append(f"{method} {route.name} of {owner} by {role} of {side}: {status}")
    assert not wrong, "\n".join(wrong)


def expected(who: Who | None, side: str, role: str, owner: str) -> frozenset[int]:
    """Return the statuses that a member may get."""
    if who is None:
        return frozenset({405})
    return PASSED if who.includes(side, role, owner) else frozenset({403})


def test_outsiders(stage: Stage) -> None:
    client = Client()
    client.force_login(stage.world.outsider)
    wrong = []
    for route, owner in WALK:
        for method, who in route.methods:
            status = ask(client, method, route, stage, owner)
            if status != (405 if who is None else 404):
                wrong.append(f"{method} {route.name}: {status}")
    assert not wrong, "\n".join(wrong)


def test_visitors(stage: Stage) -> None:
    login = reverse("account_login")
    for route, owner in WALK:
        for method, _who in route.methods:
            answer = request(Client(), method, address_of(route, stage, owner), {})
            assert answer.status_code == 302, f"{method} {route.name}"
            assert answer["Location"].startswith(login), f"{method} {route.name}"


def test_other_methods_are_refused(stage: Stage) -> None:
    clients = {side: Client() for side in SIDES}
    for side, client in clients.items():
        client.force_login(stage.world.user(side, Role.MANAGER))
    for route, owner in WALK:
        for method in ("PUT", "PATCH", "DELETE"):
            assert ask(clients[owner], method, route, stage, owner) == 405, f"{method} {route.name}"
        status = ask(clients[owner], "HEAD", route, stage, owner)
        assert status in (PASSED if route.get else {405}), f"HEAD {route.name}: {status}"


def test_things_of_another_workspace_are_not_there(stage: Stage) -> None:
    """A manager of one workspace names something of another under the address of their own."""
    client = Client()
    client.force_login(stage.world.outsider)
    named = 0
    for route, owner in WALK:
        if not any(isinstance(value, uuid.UUID) for value in route.kwargs(stage, owner).values()):
            continue
        named += 1
        for method, who in route.methods:
            status = ask(client, method, route, stage, owner, slug="other")
            assert status == (404 if who else 405), f"{method} {route.name}: {status}"
    assert named


def test_a_side_without_a_manager(stage: Stage) -> None:
    """The provider's manager gets as far as the caretaker's rights, nobody else any further."""
    Membership.objects.filter(seat=stage.world.customer, role=Role.MANAGER).delete()
    wrong = []
    for side, role, client in people(stage):
        if (side, role) == ("party1", Role.MANAGER):
            continue
        caretaker = (side, role) == ("party0", Role.MANAGER)
        for route, owner in WALK:
            if owner != "party1" or not route.is_of_one_side:
                continue
            for method, who in route.methods:
                status = ask(client, method, route, stage, owner)
                allowed = expected(who, side, role, owner)
                if caretaker and who and route.name in CARETAKER_ROUTES:
                    allowed = PASSED
                if status not in allowed:
                    wrong.append(f"{method} {route.name} by {role} of {side}: {status}")
    assert not wrong, "\n".join(wrong)


def test_whose_access_has_ended_is_an_outsider(stage: Stage) -> None:
    membership = Membership.objects.get(user=stage.world.user("party1", Role.AUDITOR))
    Membership.objects.filter(pk=membership.pk).update(expires_at=membership.created_at)
    client = Client()
    client.force_login(stage.world.user("party1", Role.AUDITOR))
    for route in WORKSPACE_ROUTES:
        method = "GET" if route.get else "POST"
        answer = request(client, method, address_of(route, stage, "party1"), {})
        assert answer.status_code == 404, route.name


def test_a_refused_request_writes_nothing(stage: Stage) -> None:
    client = Client()
    client.force_login(stage.world.user("party1", Role.READER))
    before = AuditEvent.objects.count()
    for route in WORKSPACE_ROUTES:
        if route.post:
            data = route.data(stage, "party1")
            assert client.post(address_of(route, stage, "party1"), data).status_code == 403
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize("site", SITE_ROUTES, ids=lambda site: site.name)
def test_outside_workspaces(stage: Stage, site: Site) -> None:
    address = reverse(site.name, kwargs=dict(site.kwargs))
    for expected, user in ((site.visitor, None), (site.person, stage.world.outsider)):
        for method, status in expected.items():
            client = Client()
            if user is not None:
                client.force_login(user)
            got = request(client, method, address, {}).status_code
            assert got == status, f"{method} {address} by {user}: {got}"


def test_only_who_has_the_right_creates_workspaces(stage: Stage) -> None:
    user = User.objects.get(pk=stage.world.user("party1", Role.READER).pk)
    user.user_permissions.add(Permission.objects.get(codename="add_workspace"))
    client = Client()
    client.force_login(user)
    assert client.get(reverse("workspace_new")).status_code == 200
    assert client.post(reverse("workspace_new"), {}).status_code == 200
