"""The two implementations of proofs, side by side: the server's, and the one-file verifier's.

They share no code. What one accepts or refuses, the other has to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from responsibilities import merkle, notes
from tests.verifier.bundles import VERIFIER


@dataclass(frozen=True)
class Inclusion:
    """A claim: the leaf stands at `index` in the log with this size and root."""

    index: int
    size: int
    leaf: bytes
    root: bytes
    proof: Sequence[bytes]


@dataclass(frozen=True)
class Consistency:
    """A claim: the log of size `second` begins with the log of size `first`."""

    first: int
    second: int
    first_root: bytes
    second_root: bytes
    proof: Sequence[bytes]


class Implementation(Protocol):
    """What both can do. Raises nothing but ValueError, and that only for notes and keys."""

    def holds(self, claim: Inclusion | Consistency) -> bool:
        """Say whether the proof shows what is claimed."""

    def root(self, leaves: Sequence[bytes]) -> bytes:
        """Return the root over leaf hashes."""

    def text(self, note: str, key: str) -> str:
        """Return the text of a note that the key has signed."""

    def checkpoint(self, note: str, key: str) -> tuple[str, int, bytes]:
        """Return origin, size and root of a checkpoint that the key has signed."""

    def key(self, text: str) -> str:
        """Read a verifier key and write it again."""


class Server:
    """`responsibilities.merkle` and `responsibilities.notes`."""

    def holds(self, claim: Inclusion | Consistency) -> bool:
        """Say whether the proof shows what is claimed."""
        if isinstance(claim, Inclusion):
            return merkle.verify_inclusion(**vars(claim))
        return merkle.verify_consistency(**vars(claim))

    def root(self, leaves: Sequence[bytes]) -> bytes:
        """Return the root over leaf hashes."""
        return merkle.Frontier().extend(leaves).root()

    def text(self, note: str, key: str) -> str:
        """Return the text of a note that the key has signed."""
        return notes.open_note(note, [notes.VerifierKey.parse(key)]).text

    def checkpoint(self, note: str, key: str) -> tuple[str, int, bytes]:
        """Return origin, size and root of a checkpoint that the key has signed."""
        found = notes.Checkpoint.open(note, [notes.VerifierKey.parse(key)])
        return found.origin, found.size, found.root

    def key(self, text: str) -> str:
        """Read a verifier key and write it again."""
        return str(notes.VerifierKey.parse(text))


class Offline:
    """The file that auditors download."""

    def holds(self, claim: Inclusion | Consistency) -> bool:
        """Say whether the proof shows what is claimed."""
        if isinstance(claim, Inclusion):
            return bool(VERIFIER.included(**vars(claim)))
        first = VERIFIER.Checkpoint("log", claim.first, claim.first_root)
        second = VERIFIER.Checkpoint("log", claim.second, claim.second_root)
        return bool(VERIFIER.consistent(first, second, claim.proof))

    def root(self, leaves: Sequence[bytes]) -> bytes:
        """Return the root over leaf hashes."""
        frontier = VERIFIER.Frontier()
        for leaf in leaves:
            frontier.append(leaf)
        return bytes(frontier.root())

    def text(self, note: str, key: str) -> str:
        """Return the text of a note that the key has signed."""
        text, _keys = VERIFIER.open_note(note, [VERIFIER.Key.parse(key)])
        return str(text)

    def checkpoint(self, note: str, key: str) -> tuple[str, int, bytes]:
        """Return origin, size and root of a checkpoint that the key has signed."""
        found = VERIFIER.Checkpoint.open(note, [VERIFIER.Key.parse(key)])
        return str(found.origin), int(found.size), bytes(found.root)

    def key(self, text: str) -> str:
        """Read a verifier key and write it again."""
        return str(VERIFIER.Key.parse(text))


IMPLEMENTATIONS: dict[str, Implementation] = {"server": Server(), "offline": Offline()}
