"""The Merkle tree of RFC 6962, section 2.1: hashes, roots, proofs, and their verification.

Pure functions over 32-byte hashes. A writer keeps a `Frontier`, which grows in O(log n); a reader
that has all leaf hashes builds a `Tree`, which gives every root and proof. Verification follows
RFC 9162, sections 2.1.3.2 and 2.1.4.2. Nothing that is verified here can make it raise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256().digest()
_LEAF_PREFIX = b"\x00"
_NODE_PREFIX = b"\x01"


def leaf_hash(entry: bytes) -> bytes:
    """Return SHA-256(0x00 ‖ entry)."""
    return hashlib.sha256(_LEAF_PREFIX + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(_NODE_PREFIX + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """The complete subtrees that a log of `size` leaves consists of, largest first.

    There is one for every bit set in `size`: this is all that appending and the root need.
    """

    size: int = 0
    nodes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Raise ValueError unless the nodes can be those of a log of this size."""
        if self.size < 0 or len(self.nodes) != self.size.bit_count():
            msg = f"{len(self.nodes)} nodes cannot be the frontier of a log of {self.size}"
            raise ValueError(msg)
        if any(len(node) != HASH_BYTES for node in self.nodes):
            msg = "a node of the frontier is not a SHA-256 hash"
            raise ValueError(msg)

    def append(self, leaf: bytes) -> Frontier:
        """Return the frontier with one more leaf hash. At most log2(size) + 1 hashes."""
        nodes = list(self.nodes)
        rest = self.size
        while rest & 1:
            leaf = node_hash(nodes.pop(), leaf)
            rest >>= 1
        return Frontier(self.size + 1, (*nodes, leaf))

    def extend(self, leaves: Iterable[bytes]) -> Frontier:
        """Return the frontier with more leaf hashes."""
        frontier = self
        for leaf in leaves:
            frontier = frontier.append(leaf)
        return frontier

    def root(self) -> bytes:
        """Return the root of the log."""
        if not self.nodes:
            return EMPTY_ROOT
        root = self.nodes[-1]
        for node in reversed(self.nodes[:-1]):
            root = node_hash(node, root)
        return root

    def to_hex(self) -> list[str]:
        """Return the nodes as hex digits, to be stored."""
        return [node.hex() for node in self.nodes]

    @classmethod
    def from_hex(cls, size: int, nodes: Sequence[str]) -> Frontier:
        """Return a frontier that was stored. Raises ValueError if it cannot be one."""
        return cls(size, tuple(bytes.fromhex(node) for node in nodes))


class Tree:
    """All complete subtrees of a log, for roots of every earlier size and for proofs.

    Holds 64 bytes for each leaf. Each root and proof takes O(log² n) hashes.
    """

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        """Take the leaf hashes in their order."""
        self._levels: list[bytearray] = [bytearray()]
        self.size = 0
        for leaf in leaves:
            self.append(leaf)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        node, rest, level = leaf, self.size, 0
        self._levels[0] += node
        while rest & 1:
            node = node_hash(self._node(level, rest - 1), node)
            rest >>= 1
            level += 1
            if level == len(self._levels):
                self._levels.append(bytearray())
            self._levels[level] += node
        self.size += 1

    def leaf(self, index: int) -> bytes:
        """Return a leaf hash. Raises IndexError outside the log."""
        if not 0 <= index < self.size:
            raise IndexError(index)
        return self._node(0, index)

    def root(self, size: int | None = None) -> bytes:
        """Return the root of the first `size` leaves. Raises ValueError for more than there are."""
        size = self._checked(size)
        return self._hash(0, size) if size else EMPTY_ROOT

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """Return the audit path of a leaf (RFC 6962, section 2.1.1), from the leaf upwards.

        Raises ValueError unless the leaf is among the first `size`.
        """
        end = self._checked(size)
        if not 0 <= index < end:
            msg = f"no leaf {index} among {end}"
            raise ValueError(msg)
        start, path = 0, []
        while end - start > 1:
            middle = start + _split(end - start)
            if index < middle:
                path.append(self._hash(middle, end))
                end = middle
            else:
                path.append(self._hash(start, middle))
                start = middle
        return path[::-1]

    def consistency(self, first: int, size: int | None = None) -> list[bytes]:
        """Return the consistency proof (RFC 6962, section 2.1.2) between two sizes.

        Raises ValueError unless ``0 < first <= size``.
        """
        end = self._checked(size)
        if not 0 < first <= end:
            msg = f"there is no consistency proof from {first} to {end}"
            raise ValueError(msg)
        start, path, is_whole = 0, [], True
        while first != end:
            middle = start + _split(end - start)
            if first <= middle:
                path.append(self._hash(middle, end))
                end = middle
            else:
                path.append(self._hash(start, middle))
                start, is_whole = middle, False
        if not is_whole:
            path.append(self._hash(start, end))
        return path[::-1]

    def _checked(self, size: int | None) -> int:
        if size is None:
            return self.size
        if not 0 <= size <= self.size:
            msg = f"the log has {self.size} leaves, not {size}"
            raise ValueError(msg)
        return size

    def _node(self, level: int, index: int) -> bytes:
        at = index * HASH_BYTES
        return bytes(self._levels[level][at : at + HASH_BYTES])

    def _hash(self, start: int, end: int) -> bytes:
        """Return the root over leaves start to end, where start is a multiple of a subtree."""
        left: list[bytes] = []
        while True:
            count = end - start
            level = count.bit_length() - 1
            if count == 1 << level:
                root = self._node(level, start >> level)
                break
            left.append(self._node(level, start >> level))
            start += 1 << level
        for node in reversed(left):
            root = node_hash(node, root)
        return root


def _split(count: int) -> int:
    """Return the largest power of two below `count`."""
    return 1 << ((count - 1).bit_length() - 1)


def verify_inclusion(
    *, index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> bool:
    """Say whether `proof` shows the leaf hash at `index` in the log with this size and root.

    RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size or not _are_hashes((leaf, root, *proof)):
        return False
    at, last, node = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            node = node_hash(step, node)
            while not at & 1 and at:
                at >>= 1
                last >>= 1
        else:
            node = node_hash(node, step)
        at >>= 1
        last >>= 1
    return last == 0 and node == root


def verify_consistency(
    *, first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Say whether `proof` shows that the log of size `second` begins with that of size `first`.

    RFC 9162, section 2.1.4.2. A log of size 0 proves nothing and is refused.
    """
    if not 0 < first <= second or not _are_hashes((first_root, second_root, *proof)):
        return False
    if first == second:
        return not proof and first_root == second_root
    if not proof:
        return False
    steps = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    at, last = first - 1, second - 1
    while at & 1:
        at >>= 1
        last >>= 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not at & 1 and at:
                at >>= 1
                last >>= 1
        else:
            new = node_hash(new, step)
        at >>= 1
        last >>= 1
    return last == 0 and old == first_root and new == second_root


def _are_hashes(values: Sequence[bytes]) -> bool:
    return all(len(value) == HASH_BYTES for value in values)
