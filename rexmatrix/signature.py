"""Readers of the variables that say who signs PDFs. All are unset by default: nothing is signed."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from rexmatrix.env import Env

CERTIFICATE = "REXMATRIX_PDF_CERTIFICATE"
TOKEN = "REXMATRIX_PDF_PKCS11"  # noqa: S105  # the name of a variable
PASSPHRASE = "REXMATRIX_PDF_PASSPHRASE"  # noqa: S105
TIMESTAMP = "REXMATRIX_TIMESTAMP_URL"

_TOKEN_FORM = "pkcs11:token=LABEL;object=LABEL?module-path=/path/to/module.so"  # noqa: S105


def signer(env: Env) -> tuple[str, dict[str, str]]:
    """Return who signs PDFs: a file, or a key on a token; at most one of the two is set.

    A token is a PKCS#11 URI (RFC 7512) with the attributes token, object and module-path.
    """
    file, uri = env.text(CERTIFICATE, ""), env.text(TOKEN, "")
    if file and uri:
        msg = f"set {CERTIFICATE} or {TOKEN}, not both."
        raise ImproperlyConfigured(msg)
    if file and not Path(file).is_absolute():
        msg = f"{CERTIFICATE} is {file!r}; it must be an absolute path of a PKCS#12 or PEM file."
        raise ImproperlyConfigured(msg)
    return file, _token(uri) if uri else {}


def _token(uri: str) -> dict[str, str]:
    scheme, _colon, rest = uri.partition(":")
    path, _mark, query = rest.partition("?")
    pairs = [part.partition("=") for part in [*path.split(";"), *query.split("&")] if part]
    found = {name: unquote(value) for name, _equals, value in pairs}
    if {"pin-value", "pin-source"} & found.keys():
        msg = f"{TOKEN} must not hold the PIN; set {PASSPHRASE} or {PASSPHRASE}_FILE."
        raise ImproperlyConfigured(msg)
    wanted = {"token", "object", "module-path"}
    if scheme != "pkcs11" or found.keys() != wanted or len(pairs) != len(wanted):
        msg = f"{TOKEN} must have the form {_TOKEN_FORM}."
        raise ImproperlyConfigured(msg)
    if not all(found.values()) or not Path(found["module-path"]).is_absolute():
        msg = f"{TOKEN} must name a token, an object and an absolute module-path."
        raise ImproperlyConfigured(msg)
    return {"MODULE": found["module-path"], "LABEL": found["token"], "OBJECT": found["object"]}


def passphrase(env: Env, *, is_needed: bool) -> str:
    """Return the passphrase of the file, or the PIN of the token; "" for a file without one.

    It is in the variable or in the file that NAME_FILE names, whose last line break is dropped.
    """
    text, file = env.values.get(PASSPHRASE, ""), env.text(f"{PASSPHRASE}_FILE", "")
    if text and file:
        msg = f"set {PASSPHRASE} or {PASSPHRASE}_FILE, not both."
        raise ImproperlyConfigured(msg)
    if (text or file) and not is_needed:
        msg = f"{PASSPHRASE} is set, but neither {CERTIFICATE} nor {TOKEN}: PDFs would be unsigned."
        raise ImproperlyConfigured(msg)
    if not file:
        return text
    try:
        return Path(file).read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{PASSPHRASE}_FILE names a file that cannot be read ({error})."
        raise ImproperlyConfigured(msg) from error


def timestamp_authority(env: Env, *, is_needed: bool) -> str:
    """Return the address of the RFC 3161 authority that puts a time stamp on signatures, or ""."""
    text = env.text(TIMESTAMP, "")
    if not text:
        return ""
    if not is_needed:
        msg = f"{TIMESTAMP} is set, but neither {CERTIFICATE} nor {TOKEN}: PDFs would be unsigned."
        raise ImproperlyConfigured(msg)
    url = env.address(TIMESTAMP, ("https", "http"), why="https://…")
    if not urlsplit(text).hostname or url.username is not None:
        msg = f"{TIMESTAMP} must name a host, without a user: https://tsa.example.com/tsr."
        raise ImproperlyConfigured(msg)
    return text
