"""Signed notes and checkpoints with Ed25519, as C2SP specifies them.

Sources: c2sp.org/signed-note, c2sp.org/tlog-checkpoint, c2sp.org/tlog-proof. Only signature type
0x01 is known. Reading is strict: what has two spellings has one meaning or is refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEY_BYTES = 32
_ED25519 = b"\x01"
_ID_BYTES = 4
_SIGNATURE_BYTES = 64
_MOST_BYTES = 64 * 1024
_MOST_SIGNATURES = 16
_PROOF_HEADER = "c2sp.org/tlog-proof@v1"
_NAME = re.compile(r"[^\s+]+")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")  # everything below space but the newline


class NoteError(ValueError):
    """A note, a checkpoint or a key is malformed, or no signature of a known key holds."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under a name. Its text form is ``name+id+base64(type ‖ key)``."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        """Raise NoteError for a name that notes cannot carry, or for no Ed25519 key."""
        if not _NAME.fullmatch(self.name) or _CONTROL.search(self.name):
            msg = "the name of a key must not be empty nor hold white space or a plus sign"
            raise NoteError(msg)
        if len(self.public) != KEY_BYTES:
            msg = "an Ed25519 public key has 32 bytes"
            raise NoteError(msg)

    @property
    def id(self) -> bytes:
        """The first four bytes of SHA-256(name ‖ newline ‖ type ‖ key)."""
        seed = self.name.encode() + b"\n" + _ED25519 + self.public
        return hashlib.sha256(seed).digest()[:_ID_BYTES]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the 32 bytes of the key, as 64 hex digits. The same under every name."""
        return fingerprint(self.public)

    def under(self, name: str) -> VerifierKey:
        """Return the same key under another name."""
        return VerifierKey(name, self.public)

    def __str__(self) -> str:
        """Return the text form."""
        return f"{self.name}+{self.id.hex()}+{_b64(_ED25519 + self.public)}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Return the key of a text form. Raises NoteError if it is none or its id is wrong."""
        parts = text.strip().split("+", 2)
        if len(parts) != 3:
            msg = "a verifier key looks like name+id+base64"
            raise NoteError(msg)
        name, identifier, encoded = parts
        data = _unb64(encoded)
        if data[:1] != _ED25519:
            msg = "only Ed25519 verifier keys are known (type 1)"
            raise NoteError(msg)
        key = cls(name, data[1:])
        if key.id.hex() != identifier:
            msg = "the id of the verifier key does not fit its name and bytes"
            raise NoteError(msg)
        return key


def fingerprint(public: bytes) -> str:
    """Return SHA-256 of the bytes of a public key, as 64 hex digits."""
    return hashlib.sha256(public).hexdigest()


class SigningKey:
    """A private key, used under any name. Its text form is the base64 of 32 secret bytes."""

    def __init__(self, secret: bytes) -> None:
        """Take the 32 secret bytes. Raises NoteError for any other number."""
        if len(secret) != KEY_BYTES:
            msg = "a log key has 32 bytes"
            raise NoteError(msg)
        self._key = Ed25519PrivateKey.from_private_bytes(secret)

    @classmethod
    def parse(cls, text: str) -> SigningKey:
        """Return the key of a text form. Raises NoteError without repeating the text."""
        try:
            return cls(_unb64(text.strip()))
        except NoteError:
            msg = "a log key is 32 random bytes in base64"
            raise NoteError(msg) from None

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key."""
        return self._key.public_key().public_bytes_raw()

    def verifier(self, name: str) -> VerifierKey:
        """Return the public key under a name."""
        return VerifierKey(name, self.public)

    def signature(self, text: str, name: str) -> str:
        """Return a signature line over `text`, with its newline."""
        key = self.verifier(name)
        return f"— {name} {_b64(key.id + self._key.sign(text.encode()))}\n"


def sign(text: str, *signers: tuple[SigningKey, str]) -> str:
    """Return a note of `text`, signed by each key under its name.

    Raises NoteError for a text that no note can carry.
    """
    if not text.endswith("\n") or _CONTROL.search(text):
        msg = "the text of a note ends in a newline and has no other control characters"
        raise NoteError(msg)
    return f"{text}\n{''.join(key.signature(text, name) for key, name in signers)}"


@dataclass(frozen=True, slots=True)
class Opened:
    """The text of a note, and the keys whose signatures on it hold."""

    text: str
    keys: tuple[VerifierKey, ...]


def open_note(note: str, keys: Iterable[VerifierKey]) -> Opened:
    """Return the text of a note that at least one of `keys` has signed.

    Signatures of unknown keys are passed over. Raises NoteError if the note is malformed, if no
    known key has signed it, or if one signature of a known key does not hold.
    """
    text, lines = _split(note)
    known = {(key.name, key.id): key for key in keys}
    held: dict[tuple[str, bytes], VerifierKey] = {}
    for line in lines:
        name, identifier, signature = _signature(line)
        key = known.get((name, identifier))
        if key is None:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(signature, text.encode())
        except (InvalidSignature, ValueError) as bad:
            msg = f"the signature of {name} does not hold"
            raise NoteError(msg) from bad
        held[name, identifier] = key
    if not held:
        msg = "no key that is known has signed this"
        raise NoteError(msg)
    return Opened(text, tuple(held.values()))


def _split(note: str) -> tuple[str, list[str]]:
    """Return text and signature lines. Newline is the only character that ends a line."""
    if len(note) > _MOST_BYTES or _CONTROL.search(note) or not _is_utf8(note):
        msg = "the note is too long or holds control characters"
        raise NoteError(msg)
    body, blank, signatures = note.rpartition("\n\n")
    if not blank or not body or not signatures.endswith("\n"):
        msg = "a note is a text, an empty line, and signatures"
        raise NoteError(msg)
    lines = signatures[:-1].split("\n")
    if len(lines) > _MOST_SIGNATURES:
        msg = f"the note has more than {_MOST_SIGNATURES} signatures"
        raise NoteError(msg)
    return body + "\n", lines


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _signature(line: str) -> tuple[str, bytes, bytes]:
    """Return name, key id and signature of a line. Raises NoteError if it is malformed."""
    dash, _space, rest = line.partition(" ")
    name, space, encoded = rest.partition(" ")
    if dash != "—" or not space or not _NAME.fullmatch(name):
        msg = "a signature line is malformed"
        raise NoteError(msg)
    data = _unb64(encoded)
    if len(data) <= _ID_BYTES:
        msg = "a signature is too short"
        raise NoteError(msg)
    return name, data[:_ID_BYTES], data[_ID_BYTES:]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How long a log was and what its root was: what a checkpoint says."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{_b64(self.root)}\n"

    def sign(self, key: SigningKey) -> str:
        """Return the checkpoint as a signed note; the name of the key is the origin."""
        return sign(self.text, (key, self.origin))

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Return the checkpoint of a note's text. Raises NoteError if it is none.

        Extension lines are refused: we write none, and nobody could check them.
        """
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0]:
            msg = "a checkpoint has three lines: origin, size, root"
            raise NoteError(msg)
        origin, size, encoded, _end = lines
        root = _unb64(encoded)
        if (
            not re.fullmatch(r"0|[1-9][0-9]{0,18}", size)
            or len(root) != hashlib.sha256().digest_size
        ):
            msg = "the size or the root of the checkpoint is malformed"
            raise NoteError(msg)
        return cls(origin, int(size), root)

    @classmethod
    def open(cls, note: str, keys: Iterable[VerifierKey]) -> Checkpoint:
        """Return the checkpoint of a note that one of `keys` signed. Raises NoteError."""
        opened = open_note(note, keys)
        checkpoint = cls.parse(opened.text)
        if all(key.name != checkpoint.origin for key in opened.keys):
            msg = "the checkpoint is not signed under its own origin"
            raise NoteError(msg)
        return checkpoint


def proof(*, index: int, path: Sequence[bytes], checkpoint: str) -> str:
    """Return a C2SP tlog-proof: that the entry at `index` stands in the log of the checkpoint."""
    steps = "".join(f"{_b64(step)}\n" for step in path)
    return f"{_PROOF_HEADER}\nindex {index}\n{steps}\n{checkpoint}"


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _unb64(text: str) -> bytes:
    """Return the bytes of base64 with padding. Raises NoteError for any other spelling."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as bad:
        msg = "base64 is malformed"
        raise NoteError(msg) from bad
    if _b64(data) != text:
        msg = "base64 is not in its one canonical spelling"
        raise NoteError(msg)
    return data
