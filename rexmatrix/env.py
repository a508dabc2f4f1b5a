"""Readers of environment variables that refuse bad values with a sentence naming the variable."""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import sqlite3
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from responsibilities.notes import KEY_BYTES, SigningKey

POSTGRES_OPTIONS = frozenset(
    {
        "application_name",
        "connect_timeout",
        "host",
        "options",
        "passfile",
        "service",
        "sslcert",
        "sslkey",
        "sslmode",
        "sslrootcert",
        "target_session_attrs",
    }
)
YES = frozenset({"1", "true", "yes", "on"})
NO = frozenset({"0", "false", "no", "off"})


class Env:
    """The environment, read by type. Each method raises ImproperlyConfigured on a bad value."""

    def __init__(self, values: Mapping[str, str] = os.environ) -> None:
        self.values = values

    def text(self, name: str, default: str | None = None, *, why: str = "") -> str:
        """Return a text, or `default`; without a default the variable is required."""
        value = self.values.get(name, "").strip()
        if value:
            return value
        if default is None:
            msg = f"set {name} ({why})." if why else f"set {name}."
            raise ImproperlyConfigured(msg)
        return default

    def choice(self, name: str, default: str, allowed: Sequence[str]) -> str:
        """Return one of the allowed words."""
        value = self.text(name, default)
        if value not in allowed:
            msg = f"{name} is {value!r}; it must be one of: {', '.join(allowed)}."
            raise ImproperlyConfigured(msg)
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a yes or no: 1/true/yes/on or 0/false/no/off."""
        value = self.text(name, "").lower()
        if not value:
            return default
        if value in YES | NO:
            return value in YES
        msg = f"{name} is {value!r}; it must be true or false."
        raise ImproperlyConfigured(msg)

    def number(
        self, name: str, default: int | None = None, *, least: int = 0, why: str = ""
    ) -> int:
        """Return a whole number that is not below `least`."""
        value = self.text(name, None if default is None else str(default), why=why)
        if not value.isascii() or not value.isdigit() or int(value) < least:
            msg = f"{name} is {value!r}; it must be a whole number of at least {least}."
            raise ImproperlyConfigured(msg)
        return int(value)

    def words(self, name: str) -> list[str]:
        """Return the parts of a comma-separated list, empty when the variable is not set."""
        return [word for part in self.text(name, "").split(",") if (word := part.strip())]

    def folder(self, name: str, default: Path) -> Path:
        """Return an absolute folder."""
        path = Path(self.text(name, str(default)))
        if not path.is_absolute():
            msg = f"{name} is {str(path)!r}; it must be an absolute path."
            raise ImproperlyConfigured(msg)
        return path

    def address(self, name: str, schemes: Sequence[str], *, why: str) -> SplitResult:
        """Return a required URL of one of the schemes."""
        value = self.text(name, why=why)
        try:
            url = urlsplit(value)
            url.port  # noqa: B018  # reading it checks it
        except ValueError as error:
            msg = f"{name} is not a URL ({error})."
            raise ImproperlyConfigured(msg) from error
        if url.scheme not in schemes:
            msg = f"{name} must begin with one of: {', '.join(s + ':' for s in schemes)}."
            raise ImproperlyConfigured(msg)
        return url

    def secret(self, name: str, *, least: int, why: str) -> str:
        """Return a required secret, from the variable or from the file that NAME_FILE names."""
        path = self.text(f"{name}_FILE", "")
        if path:
            try:
                value = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                msg = f"{name}_FILE names a file that cannot be read ({error})."
                raise ImproperlyConfigured(msg) from error
        else:
            value = self.text(name, why=why)
        if len(value) < least or len(set(value)) < 5:
            msg = f"{name} is too short or too plain; use at least {least} random characters."
            raise ImproperlyConfigured(msg)
        return value


def query_of(name: str, url: SplitResult, allowed: frozenset[str]) -> dict[str, str]:
    """Return the query of a URL as a dict; raise ImproperlyConfigured on an unknown key."""
    options = dict(parse_qsl(url.query))
    unknown = sorted(options.keys() - allowed)
    if unknown:
        msg = f"{name} has unknown options: {', '.join(unknown)}."
        raise ImproperlyConfigured(msg)
    return options


def database(env: Env, name: str = "DATABASE_URL") -> dict[str, Any]:
    """Return Django's database settings from postgresql://… or sqlite:////absolute/path."""
    url = env.address(
        name, ("postgresql", "postgres", "sqlite"), why="postgresql://user:password@host/name"
    )
    if url.scheme == "sqlite":
        path = Path(unquote(url.path).removeprefix("/"))
        if url.netloc or not path.is_absolute():
            msg = f"{name} must name an absolute file: sqlite:////folder/db.sqlite3."
            raise ImproperlyConfigured(msg)
        return sqlite_database(path)
    database_name = unquote(url.path).removeprefix("/")
    if not database_name:
        msg = f"{name} must name a database: postgresql://user:password@host/name."
        raise ImproperlyConfigured(msg)
    options = {"connect_timeout": "10"} | query_of(name, url, POSTGRES_OPTIONS)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": database_name,
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": options.pop("host", unquote(url.hostname or "")),  # a query may name a socket
        "PORT": str(url.port or ""),
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


def sqlite_database(path: Path) -> dict[str, Any]:
    """Return Django's settings for an SQLite file that keeps what it has acknowledged.

    Without recursive triggers ``INSERT OR REPLACE`` deletes rows and asks no trigger.
    """
    mode = "WAL" if wal_is_safe(sqlite3.sqlite_version_info) else "DELETE"
    pragmas = {"journal_mode": mode, "synchronous": "FULL", "recursive_triggers": "ON"}
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": " ".join(f"PRAGMA {name}={value};" for name, value in pragmas.items()),
        },
    }


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """Say whether this SQLite has no WAL-reset bug (fixed in 3.51.3, 3.50.7 and 3.44.6)."""
    fixed_branches = {(3, 50): 7, (3, 44): 6}
    least = fixed_branches.get((version[0], version[1]))
    if least is not None:
        return version[2] >= least
    return version >= (3, 51, 3)


def evidence_storage(env: Env, name: str = "REXMATRIX_STORAGE_URL") -> dict[str, Any]:
    """Return Django's storage settings from file:///folder or s3://bucket/prefix?region=…."""
    url = env.address(name, ("file", "s3"), why="file:///folder or s3://bucket/prefix")
    if url.scheme == "file":
        folder = Path(unquote(url.path))
        if url.netloc or not folder.is_absolute() or folder == Path("/"):
            msg = f"{name} must name an absolute folder: file:///srv/rexmatrix/files."
            raise ImproperlyConfigured(msg)
        return file_storage(folder)
    if not url.netloc:
        msg = f"{name} must name a bucket: s3://bucket/prefix."
        raise ImproperlyConfigured(msg)
    query = query_of(name, url, frozenset({"region", "endpoint"}))
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": url.netloc,
            "location": unquote(url.path).strip("/"),
            "region_name": query.get("region"),
            "endpoint_url": query.get("endpoint"),
            "default_acl": None,
            "file_overwrite": False,
            "querystring_auth": True,
            "max_memory_size": 1024 * 1024,  # larger files go to disk while they are sent on
        },
    }


def file_storage(folder: Path) -> dict[str, Any]:
    """Return storage settings for a folder that only this account can read, without a URL."""
    return {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": str(folder),
            "base_url": None,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    }


def mailer(env: Env, name: str = "REXMATRIX_EMAIL_URL") -> dict[str, Any]:
    """Return a mailer from smtp://user:password@host:587 (STARTTLS) or smtps://…:465 (TLS)."""
    url = env.address(name, ("smtp", "smtps"), why="smtp://user:password@host:587")
    if not url.hostname:
        msg = f"{name} must name a host: smtp://user:password@host:587."
        raise ImproperlyConfigured(msg)
    implicit_tls = url.scheme == "smtps"
    starttls = not implicit_tls and url.username is not None  # a relay beside us needs neither
    return {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": url.hostname,
            "port": url.port or (465 if implicit_tls else 587),
            "username": unquote(url.username or ""),
            "password": unquote(url.password or ""),
            "use_ssl": implicit_tls,
            "use_tls": starttls,
            "timeout": 15,
        },
    }


def generated_key(path: Path) -> str:
    """Return the secret key kept in a file, made on the first start with mode 0600."""
    key = _kept(path, secrets.token_urlsafe(64))
    if len(key) < 50:
        msg = f"the key in {path} is damaged; remove the file to get a new one."
        raise ImproperlyConfigured(msg)
    return key


def log_key(env: Env, default: Path | None, name: str = "REXMATRIX_LOG_KEY") -> tuple[str, str]:
    """Return the key that signs checkpoints, or the file that holds it: one of the two is empty.

    It is 32 random bytes in base64. Without a variable it is kept in the file `default`, made on
    the first start with mode 0600; without a default the variable is required.
    """
    text, file = env.text(name, ""), env.text(f"{name}_FILE", "")
    if text and file:
        msg = f"set {name} or {name}_FILE, not both."
        raise ImproperlyConfigured(msg)
    said = f"{name}_FILE" if file else name
    if not text and not file:
        if default is None:
            env.text(name, why=f"32 random bytes in base64, or {name}_FILE, a file with them")
        else:
            file, said = str(default), str(default)
            _kept(default, base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode())
    try:
        SigningKey.parse(text or Path(file).read_text(encoding="ascii"))
    except OSError as error:
        msg = f"{said} names a file that cannot be read ({error})."
        raise ImproperlyConfigured(msg) from error
    except ValueError as error:
        msg = f"{said} is no log key: it must be 32 random bytes in base64."
        raise ImproperlyConfigured(msg) from error
    return text, file


def _kept(path: Path, new: str) -> str:
    """Return what a file holds; `new` is written into it, with mode 0600, if there is none.

    Several processes may start at once: each writes its own temporary file, and the hard link
    lets exactly one of them become the key.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(new)
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):  # another process was first
                os.link(name, path)
        finally:
            Path(name).unlink()
    return path.read_text(encoding="ascii").strip()
