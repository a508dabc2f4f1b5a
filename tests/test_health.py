"""The health check, the headers of every page, and the closed doors."""

import json
from http import HTTPStatus
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

pytestmark = pytest.mark.django_db


def test_healthy_without_an_account(client: Client) -> None:
    response = client.get("/healthz")
    assert response.status_code == HTTPStatus.OK
    assert response.json() == {"status": "ok", "checks": {"database": "ok", "storage": "ok"}}
    assert "no-store" in response["Cache-Control"]


def test_it_leaves_no_file_behind(client: Client) -> None:
    client.get("/healthz")
    assert default_storage.listdir("health") == ([], [])


def test_only_reading_methods(client: Client) -> None:
    assert client.post("/healthz").status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert client.head("/healthz").status_code == HTTPStatus.OK


def test_unusable_storage_is_named(client: Client, settings: Settings, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be", encoding="ascii")
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(blocked)},
        }
    }
    response = client.get("/healthz")
    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    checks = json.loads(response.content)["checks"]
    assert checks["database"] == "ok"
    assert checks["storage"].startswith("cannot be used (")
    assert str(tmp_path) not in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_unusable_database_is_named(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    connection.close()
    nowhere = "/nonexistent/folder/db"
    monkeypatch.setitem(connection.settings_dict, "NAME", nowhere)
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nonexistent")
    try:
        response = client.get("/healthz")
    finally:
        connection.close()
    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert response.json()["status"] == "unavailable"
    assert response.json()["checks"]["database"].startswith("cannot be used (OperationalError)")


def test_signup_and_self_service_addresses_are_closed(client: Client) -> None:
    for path in ("/accounts/signup/", "/accounts/email/", "/accounts/confirm-email/x/"):
        assert client.get(path).status_code == HTTPStatus.NOT_FOUND


def test_the_login_page_is_protected_by_its_headers(client: Client) -> None:
    response = client.get(reverse("account_login"))
    assert response.status_code == HTTPStatus.OK
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert "no-store" in response["Cache-Control"]
