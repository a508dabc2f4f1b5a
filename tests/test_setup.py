"""The environment's readers and the settings made from them."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from rexmatrix.env import (
    Env,
    database,
    evidence_storage,
    generated_key,
    log_key,
    mailer,
    wal_is_safe,
)
from tests.programs import start

PRODUCTION = {
    "REXMATRIX_ENV": "production",
    "REXMATRIX_SECRET_KEY": "k9-P2v_x7QwLr4ZtB8mNc1YhGf6JdSaEu3RoTi5WbXpVqMzCnK0",
    "REXMATRIX_LOG_KEY": "bG9nIGtleSBvZiB0aGUgdGVzdHMsIDMyIGJ5dGVzISE=",
    "REXMATRIX_BASE_URL": "https://matrix.example.com",
    "REXMATRIX_TRUSTED_PROXY_COUNT": "1",
    "DATABASE_URL": "postgresql://someone:secret@db.example.com/rexmatrix",
    "REXMATRIX_STORAGE_URL": "file:///srv/rexmatrix/files",
    "REXMATRIX_EMAIL_URL": "smtp://user:password@mail.example.com:587",
    "REXMATRIX_EMAIL_FROM": "rexmatrix@example.com",
}


def test_production_starts_with_complete_settings() -> None:
    code = (
        "from django.conf import settings as s;"
        "print(s.ALLOWED_HOSTS, s.CSRF_TRUSTED_ORIGINS, s.SESSION_COOKIE_SECURE,"
        " s.SECURE_SSL_REDIRECT, s.REXMATRIX_DEMO, s.DEBUG)"
    )
    result = start(PRODUCTION, code)
    assert result.stdout.strip() == (
        "['matrix.example.com'] ['https://matrix.example.com'] True True False False"
    )
    assert result.returncode == 0


@pytest.mark.parametrize("name", [name for name in PRODUCTION if name != "REXMATRIX_ENV"])
def test_production_names_what_is_missing(name: str) -> None:
    values = {key: value for key, value in PRODUCTION.items() if key != name}
    result = start(values, "print('started')")
    assert result.returncode != 0
    assert result.stdout == ""
    assert result.stderr.startswith(f"Rexmatrix cannot start: set {name}")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REXMATRIX_ENV", "prod"),
        ("REXMATRIX_SECRET_KEY", "short"),
        ("REXMATRIX_SECRET_KEY", "a" * 80),
        ("REXMATRIX_LOG_KEY", "c2hvcnQ="),
        ("REXMATRIX_LOG_KEY", "not base64"),
        ("REXMATRIX_LOG_KEY_FILE", "/nowhere/log_key"),
        ("REXMATRIX_BASE_URL", "http://matrix.example.com"),
        ("REXMATRIX_BASE_URL", "https://matrix.example.com/path"),
        ("REXMATRIX_TRUSTED_PROXY_COUNT", "-1"),
        ("REXMATRIX_TRUSTED_PROXY_COUNT", "many"),
        ("REXMATRIX_ALLOWED_HOSTS", "*"),
        ("DATABASE_URL", "mysql://db/rexmatrix"),
        ("DATABASE_URL", "postgresql://db"),
        ("DATABASE_URL", "postgresql://db:port/rexmatrix"),
        ("DATABASE_URL", "postgresql://db/rexmatrix?sslmod=require"),
        ("DATABASE_URL", "sqlite:///relative.sqlite3"),
        ("REXMATRIX_STORAGE_URL", "file:///"),
        ("REXMATRIX_STORAGE_URL", "s3://"),
        ("REXMATRIX_EMAIL_URL", "smtp://"),
        ("REXMATRIX_DEMO", "true"),
        ("REXMATRIX_DEBUG", "yes"),
        ("REXMATRIX_DEMO", "perhaps"),
        ("REXMATRIX_DATA_DIR", "relative"),
        ("REXMATRIX_EVIDENCE_MAX_BYTES", "25MB"),
        ("REXMATRIX_LOG_LEVEL", "LOUD"),
    ],
)
def test_production_names_what_is_bad(name: str, value: str) -> None:
    result = start(PRODUCTION | {name: value}, "print('started')")
    assert result.returncode != 0
    assert result.stderr.startswith("Rexmatrix cannot start: ")
    assert name in result.stderr
    assert "secret@" not in result.stderr


def test_embedded_default_needs_nothing_and_makes_its_key(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    values = {"REXMATRIX_DATA_DIR": str(folder)}
    code = "from django.conf import settings as s; print(s.REXMATRIX_DEMO, s.SECRET_KEY)"
    first, second = (start(values, code).stdout.split() for _ in range(2))
    assert first == second
    assert first[0] == "True"
    assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_port_is_in_addresses_and_not_in_the_names_of_logs(tmp_path: Path) -> None:
    values = {"REXMATRIX_DATA_DIR": str(tmp_path / "data"), "REXMATRIX_PORT": "8001"}
    code = (
        "from django.conf import settings as s; print(s.REXMATRIX_BASE_URL, s.REXMATRIX_LOG_HOST)"
    )
    assert start(values, code).stdout.split() == ["http://127.0.0.1:8001", "127.0.0.1:8000"]


def test_processes_that_start_at_once_agree_on_the_key(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secret_key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: generated_key(path), range(32)))
    assert len(keys) == 1
    assert [entry.name for entry in path.parent.iterdir()] == ["secret_key"]


def test_a_damaged_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    path.write_text("half", encoding="ascii")
    with pytest.raises(ImproperlyConfigured, match="damaged"):
        generated_key(path)


def test_the_embedded_default_makes_a_log_key_and_keeps_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    code = (
        "from django.conf import settings as s; from pathlib import Path;"
        "print(repr(s.REXMATRIX_LOG_KEY), Path(s.REXMATRIX_LOG_KEY_FILE).read_text())"
    )
    first, second = (start({"REXMATRIX_DATA_DIR": str(folder)}, code).stdout for _ in range(2))
    assert first == second
    assert first.startswith("'' ")
    assert stat.S_IMODE((folder / "log_key").stat().st_mode) == 0o600


def test_a_log_key_comes_from_one_place_only(tmp_path: Path) -> None:
    path = tmp_path / "log_key"
    text = PRODUCTION["REXMATRIX_LOG_KEY"]
    path.write_text(f"{text}\n", encoding="ascii")
    assert log_key(Env({"REXMATRIX_LOG_KEY": text}), None) == (text, "")
    from_file = {"REXMATRIX_LOG_KEY_FILE": str(path)}
    assert log_key(Env(from_file), None) == ("", str(path))
    with pytest.raises(ImproperlyConfigured, match="not both"):
        log_key(Env(from_file | {"REXMATRIX_LOG_KEY": text}), None)
    with pytest.raises(ImproperlyConfigured, match="set REXMATRIX_LOG_KEY "):
        log_key(Env({}), None)
    path.write_text("half", encoding="ascii")
    with pytest.raises(ImproperlyConfigured, match="REXMATRIX_LOG_KEY_FILE is no log key"):
        log_key(Env(from_file), None)


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("0123456789abcdefghij\n", encoding="ascii")
    assert Env({"KEY_FILE": str(path)}).secret("KEY", least=20, why="x") == "0123456789abcdefghij"
    with pytest.raises(ImproperlyConfigured, match="KEY_FILE names a file"):
        Env({"KEY_FILE": str(path / "none")}).secret("KEY", least=20, why="x")


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 3), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
        ((4, 0, 0), True),
    ],
)
def test_wal_only_without_the_reset_bug(version: tuple[int, int, int], *, safe: bool) -> None:
    assert wal_is_safe(version) is safe


def test_database_url_is_read_whole() -> None:
    url = "postgresql://me%40here:p%2Fw@db.example.com:6543/name?sslmode=verify-full"
    found = database(Env({"DATABASE_URL": url}))
    assert found["ENGINE"] == "django.db.backends.postgresql"
    assert [found[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == [
        "me@here",
        "p/w",
        "db.example.com",
        "6543",
        "name",
    ]
    assert found["OPTIONS"]["sslmode"] == "verify-full"


def test_database_url_may_name_a_socket_or_an_sqlite_file() -> None:
    socket = database(Env({"DATABASE_URL": "postgresql://me@/name?host=/Run/Pg"}))
    assert (socket["HOST"], socket["USER"]) == ("/Run/Pg", "me")
    sqlite = database(Env({"DATABASE_URL": "sqlite:////srv/a%20b.sqlite3"}))
    assert sqlite["NAME"] == "/srv/a b.sqlite3"
    assert sqlite["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "synchronous=FULL" in sqlite["OPTIONS"]["init_command"]
    assert "recursive_triggers=ON" in sqlite["OPTIONS"]["init_command"]


def test_storage_url_may_name_a_bucket() -> None:
    url = "s3://bucket/a/b?region=eu-central-1&endpoint=https://s3.example.com"
    options = evidence_storage(Env({"REXMATRIX_STORAGE_URL": url}))["OPTIONS"]
    assert options["bucket_name"] == "bucket"
    assert options["location"] == "a/b"
    assert options["endpoint_url"] == "https://s3.example.com"
    assert options["querystring_auth"] is True


@pytest.mark.parametrize(
    ("url", "port", "starttls", "tls"),
    [
        ("smtp://user:password@mail.example.com", 587, True, False),
        ("smtps://user:password@mail.example.com", 465, False, True),
        ("smtp://localhost:25", 25, False, False),
    ],
)
def test_mail_is_encrypted_when_there_is_a_password(
    url: str, port: int, *, starttls: bool, tls: bool
) -> None:
    options = mailer(Env({"REXMATRIX_EMAIL_URL": url}))["OPTIONS"]
    assert (options["port"], options["use_tls"], options["use_ssl"]) == (port, starttls, tls)
