"""Fixtures that all tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import DEFAULT_DB_ALIAS, connection
from django.test import Client
from django.test.utils import setup_databases, teardown_databases
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from responsibilities.models import User
from tests.concurrency import CommittingDatabase, committing_database
from tests.world import World, make_world


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses the database, so that it can be run on another one alone."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if item.get_closest_marker("django_db") or "django_db_setup" in fixtures:
            item.add_marker(pytest.mark.database)


@pytest.fixture(autouse=True)
def _test_settings(settings: Settings, tmp_path: Path) -> None:
    """Keep files of tests apart, passwords cheap to hash, and static names plain."""
    settings.WHITENOISE_AUTOREFRESH = True  # without collectstatic there is nothing to scan
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.REXMATRIX_PDF_CACHE_DIR = tmp_path / "parts"
    settings.STORAGES = {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "files")},
        },
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def world(db: None) -> World:  # noqa: ARG001 (the fixture opens the database)
    """Two workspaces with people in every role on both sides."""
    return make_world()


@pytest.fixture(scope="session")
def _test_database(
    django_db_setup: None,  # noqa: ARG001 (makes the test database)
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """Make sure that there is a test database, and that it is the one in use.

    pytest-django makes one only if some test of the run has the `db` fixture. Without it a
    race would be run on, and in the end empty, the database that the settings name.
    """
    made = None
    with django_db_blocker.unblock():
        test_name = connection.creation._get_test_db_name()  # type: ignore[attr-defined]  # no stub
        if connection.settings_dict["NAME"] != test_name:
            aliases = {DEFAULT_DB_ALIAS: True}
            made = setup_databases(verbosity=0, interactive=False, aliases=aliases)
    yield
    if made is not None:
        with django_db_blocker.unblock():
            teardown_databases(made, verbosity=0)


@pytest.fixture
def committing(
    _test_database: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path: Path,
) -> Iterator[CommittingDatabase]:
    """A database whose transactions commit, for tests in which writers race."""
    with django_db_blocker.unblock(), committing_database(tmp_path) as database:
        yield database


@pytest.fixture
def as_user() -> Callable[[User | None], Client]:
    """Give a browser in which this person is signed in; nobody for None."""

    def sign_in(user: User | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user)
        return client

    return sign_in
