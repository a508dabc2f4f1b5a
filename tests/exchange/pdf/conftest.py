"""PDFs that several tests read. Each is written once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import transaction
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from responsibilities import matrix
from responsibilities.choices import Paper
from responsibilities.exchange.details import FilterWords
from responsibilities.matrix import Matrix
from tests.certificates import PASSPHRASE, Issued, authority, issue
from tests.exchange.pdf.samples import (
    Written,
    details,
    narrow_matrix,
    release_details,
    rich_matrix,
    wide_matrix,
    write,
)
from tests.world import make_world

FILTER = (FilterWords("State", ("With findings",)), FilterWords("Team", ("Party 1 team 0",)))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder as a PDF test, and what reads a file as a database test.

    Without a test so marked pytest-django makes no test database, whatever fixture asks for it.
    """
    folder = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(folder):
            item.add_marker(pytest.mark.pdf)
            if {"matrices", "pair"} & set(getattr(item, "fixturenames", ())):
                item.add_marker(pytest.mark.django_db)


@pytest.fixture(scope="session")
def matrices(
    django_db_setup: None,  # noqa: ARG001 (makes the test database)
    django_db_blocker: DjangoDbBlocker,
) -> dict[str, Matrix]:
    """A rich matrix, a wide one and a narrow one. Nothing stays in the database."""

    def loaded(make: Callable[[], Matrix]) -> Matrix:
        with django_db_blocker.unblock(), transaction.atomic():
            made = make()
            transaction.set_rollback(True)
            return made

    return {
        "rich": loaded(lambda: rich_matrix(make_world())),
        "wide": loaded(wide_matrix),
        "narrow": loaded(narrow_matrix),
    }


@pytest.fixture(scope="session")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The cache that the shared files are written with."""
    folder = tmp_path_factory.mktemp("parts")
    with override_settings(REXMATRIX_PDF_CACHE_DIR=folder):
        yield folder


@pytest.fixture(scope="session")
def rich(matrices: dict[str, Matrix], parts: Path) -> Written:  # noqa: ARG001 (the cache)
    """The PDF of the rich matrix, on A4."""
    return write(matrices["rich"], details())


@pytest.fixture(scope="session")
def wide(matrices: dict[str, Matrix], parts: Path) -> Written:  # noqa: ARG001 (the cache)
    """The PDF of the wide matrix, filtered, on US Letter."""
    return write(matrices["wide"], details(paper=Paper.LETTER, filtered=FILTER))


@pytest.fixture(scope="session")
def pair(
    django_db_setup: None,  # noqa: ARG001 (makes the test database)
    django_db_blocker: DjangoDbBlocker,
) -> tuple[Matrix, Matrix]:
    """One matrix before and after everything that makes it rich. Nothing stays in the database."""
    with django_db_blocker.unblock(), transaction.atomic():
        world = make_world()
        before = matrix.load(world.workspace)
        after = rich_matrix(world)
        transaction.set_rollback(True)
    return before, after


@pytest.fixture(scope="session")
def released(pair: tuple[Matrix, Matrix], parts: Path) -> Written:  # noqa: ARG001 (the cache)
    """The PDF of a release that changed much, on US Letter."""
    return write(pair[1], release_details(*pair))


@pytest.fixture(scope="session")
def narrow(matrices: dict[str, Matrix], parts: Path) -> Written:  # noqa: ARG001 (the cache)
    """The PDF of the narrow matrix, as an edition."""
    return write(matrices["narrow"], details(edition="Edition 1"))


@pytest.fixture(scope="session")
def signer() -> Issued:
    """A certificate to sign with, and the authority above it."""
    return issue("Vendor export signing", above=authority())


@pytest.fixture(scope="session")
def signed(
    matrices: dict[str, Matrix],
    parts: Path,  # noqa: ARG001 (the cache)
    signer: Issued,
    tmp_path_factory: pytest.TempPathFactory,
) -> Written:
    """The PDF of the rich matrix, signed."""
    file = signer.write_pkcs12(tmp_path_factory.mktemp("signer") / "signer.p12", PASSPHRASE)
    with override_settings(
        REXMATRIX_PDF_CERTIFICATE=str(file), REXMATRIX_PDF_PASSPHRASE=PASSPHRASE
    ):
        return write(matrices["rich"], details())
