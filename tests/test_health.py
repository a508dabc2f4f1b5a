"""The health check, the headers of every page, and the closed doors."""

import json
from http import HTTPStatus
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from tests.programs import start

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


def test_unusable_database_is_named(tmp_path: Path) -> None:
    code = (
        "from django.test import Client;"
        "answer = Client().get('/healthz', headers={'host': 'localhost'});"
        "print(answer.status_code, answer.json()['checks']['database'])"
    )
    found = start(
        {
            "REXMATRIX_DATA_DIR": str(tmp_path),
            "DATABASE_URL": "sqlite:////nonexistent/db.sqlite3",
        },
        code,
    )
    assert found.stdout.startswith("503 cannot be used (OperationalError)")
    assert "unable to open database file" in found.stderr


def test_signup_and_self_service_addresses_are_closed(client: Client) -> None:
    for path in ("/accounts/signup/", "/accounts/email/", "/accounts/confirm-email/x/"):
        assert client.get(path).status_code == HTTPStatus.NOT_FOUND


def test_the_login_page_is_protected_by_its_headers(client: Client) -> None:
    response = client.get(reverse("account_login"))
    assert response.status_code == HTTPStatus.OK
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-src" not in policy, "no page shows another in a frame; the default forbids it"
    assert "unsafe" not in policy
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert "no-store" in response["Cache-Control"]
