"""A database that really commits, so that writers can race each other on it.

Rows of the audit log and sign-offs cannot be deleted, so a test cannot clean up after itself
row by row. On SQLite each test gets a file of its own, copied from the migrated test database,
and throws it away; on PostgreSQL the test database is truncated, which fires no row triggers.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper


class CommittingDatabase:
    """The database of one test. `together` runs calls at the same moment, each in a thread."""

    def __init__(self, file: Path | None) -> None:
        """Take the SQLite file; none on PostgreSQL."""
        self.file = file

    def connect(self) -> BaseDatabaseWrapper:
        """Return a new connection to this database."""
        wrapper = connections.create_connection(DEFAULT_DB_ALIAS)
        if self.file:
            wrapper.settings_dict = {**wrapper.settings_dict, "NAME": str(self.file)}
        return wrapper

    @contextmanager
    def backup(self) -> Iterator[Callable[[], None]]:
        """Copy the whole database; give a call that puts the copy back in its place.

        On SQLite by the backup of its own interface; on PostgreSQL by a database made from ours
        as its template, a copy file by file, which then is the template of ours made anew.
        """
        if self.file:
            connection.close()
            with closing(sqlite3.connect(":memory:")) as copy:
                with closing(sqlite3.connect(self.file)) as ours:
                    ours.backup(copy)
                yield lambda: self._overwrite(copy)
            return
        name = connection.settings_dict["NAME"]
        self._replace(f"{name}_backup", name)
        try:
            yield lambda: self._replace(name, f"{name}_backup")
        finally:
            self._replace(f"{name}_backup")

    def _overwrite(self, copy: sqlite3.Connection) -> None:
        connection.close()
        assert self.file is not None
        with closing(sqlite3.connect(self.file)) as ours:
            copy.backup(ours)

    def _replace(self, name: str, template: str = "") -> None:
        """Drop a database of the PostgreSQL server; make it again from a template, if one is named.

        Nobody may be connected to the template.
        """
        connection.close()
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
            if template:
                cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')

    def together(self, calls: Sequence[Callable[[], object]]) -> list[object]:
        """Run every call in a thread of its own; return what each gave or raised, in order."""
        outcomes: list[object] = [None] * len(calls)
        barrier = threading.Barrier(len(calls))

        def run(index: int, call: Callable[[], object]) -> None:
            connections[DEFAULT_DB_ALIAS] = self.connect()
            try:
                barrier.wait()
                outcomes[index] = call()
            except Exception as error:  # noqa: BLE001 (what was raised is the outcome)
                outcomes[index] = error
            finally:
                connections[DEFAULT_DB_ALIAS].close()

        threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return outcomes


@contextmanager
def committing_database(folder: Path) -> Iterator[CommittingDatabase]:
    """Give a migrated, empty database whose transactions commit; leave none of it behind."""
    if connection.vendor != "sqlite":
        try:
            yield CommittingDatabase(None)
        finally:
            call_command("flush", interactive=False, verbosity=0)
        return
    file = folder / "committing.sqlite3"
    connection.ensure_connection()
    with closing(sqlite3.connect(file)) as copy:
        connection.connection.backup(copy)
    shared = connections[DEFAULT_DB_ALIAS]
    database = CommittingDatabase(file)
    connections[DEFAULT_DB_ALIAS] = database.connect()
    try:
        yield database
    finally:
        connections[DEFAULT_DB_ALIAS].close()
        connections[DEFAULT_DB_ALIAS] = shared
