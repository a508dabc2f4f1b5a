"""The Merkle tree: published vectors, and random logs with honest and mutated proofs."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from responsibilities import merkle
from responsibilities.merkle import EMPTY_ROOT, Frontier, Tree
from tests.proving import IMPLEMENTATIONS, Consistency, Implementation, Inclusion
from tests.vectors import CONSISTENCIES, ENTRIES, INCLUSIONS, ROOTS

LEAVES = [merkle.leaf_hash(entry) for entry in ENTRIES]
SEED = 20261122
# How much is asked of each implementation at least, whatever is changed here.
HONEST_PROOFS = 10_000
MUTATED_PROOFS = 5_000

both = pytest.mark.parametrize(
    "implementation", IMPLEMENTATIONS.values(), ids=IMPLEMENTATIONS.keys()
)


def plain_root(leaves: list[bytes]) -> bytes:
    """Return the root as RFC 6962 defines it, by recursion over the list."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return merkle.node_hash(plain_root(leaves[:split]), plain_root(leaves[split:]))


@both
@pytest.mark.parametrize("size", range(9))
def test_published_roots(implementation: Implementation, size: int) -> None:
    expected = bytes.fromhex(ROOTS[size])
    assert implementation.root(LEAVES[:size]) == expected
    assert Tree(LEAVES[:size]).root() == expected
    assert Tree(LEAVES).root(size) == expected


@both
@pytest.mark.parametrize(("pair", "path"), INCLUSIONS.items())
def test_published_inclusion_proofs(
    implementation: Implementation, pair: tuple[int, int], path: tuple[str, ...]
) -> None:
    index, size = pair
    proof = [bytes.fromhex(step) for step in path]
    assert Tree(LEAVES).inclusion(index, size) == proof
    root = bytes.fromhex(ROOTS[size])
    assert implementation.holds(Inclusion(index, size, LEAVES[index], root, proof))
    for other_leaf in {*LEAVES} - {LEAVES[index]}:
        assert not implementation.holds(Inclusion(index, size, other_leaf, root, proof))


@both
@pytest.mark.parametrize(("pair", "path"), CONSISTENCIES.items())
def test_published_consistency_proofs(
    implementation: Implementation, pair: tuple[int, int], path: tuple[str, ...]
) -> None:
    first, second = pair
    proof = [bytes.fromhex(step) for step in path]
    assert Tree(LEAVES).consistency(first, second) == proof
    roots = [bytes.fromhex(root) for root in ROOTS]
    assert implementation.holds(Consistency(first, second, roots[first], roots[second], proof))
    for wrong in {*roots} - {roots[first]}:
        assert not implementation.holds(Consistency(first, second, wrong, roots[second], proof))


def test_frontier_and_tree_give_the_root_of_the_definition() -> None:
    dice = random.Random(SEED)
    leaves = [dice.randbytes(32) for _ in range(260)]
    tree, frontier = Tree(leaves), Frontier()
    for size in range(len(leaves) + 1):
        expected = plain_root(leaves[:size])
        assert tree.root(size) == frontier.root() == expected
        assert Frontier.from_hex(size, frontier.to_hex()) == frontier
        if size < len(leaves):
            frontier = frontier.append(leaves[size])


def test_appending_takes_at_most_a_logarithm_of_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0
    real = merkle.node_hash

    def counted(left: bytes, right: bytes) -> bytes:
        nonlocal calls
        calls += 1
        return real(left, right)

    monkeypatch.setattr(merkle, "node_hash", counted)
    frontier = Frontier(2**40 - 1, tuple(bytes([n]) * 32 for n in range(40)))
    assert frontier.append(b"x" * 32).size == 2**40
    assert calls == 40


@pytest.mark.parametrize(
    ("size", "nodes"),
    [(-1, ()), (0, (b"x" * 32,)), (3, (b"x" * 32,)), (1, (b"short",)), (1, ())],
)
def test_an_impossible_frontier_is_refused(size: int, nodes: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match="frontier"):
        Frontier(size, nodes)


def test_there_is_no_proof_outside_the_log() -> None:
    tree = Tree(LEAVES)
    calls: list[Callable[[], object]] = [
        lambda: tree.root(9),
        lambda: tree.root(-1),
        lambda: tree.inclusion(8),
        lambda: tree.inclusion(3, 3),
        lambda: tree.consistency(0),
        lambda: tree.consistency(9),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"leaf|leaves|proof"):
            call()
    with pytest.raises(IndexError):
        tree.leaf(8)


@both
def test_ten_thousand_honest_proofs_verify(implementation: Implementation) -> None:
    dice = random.Random(SEED)
    proofs: Counter[str] = Counter()
    while proofs.total() < 12_000:
        size = dice.randint(1, dice.choice((3, 40, 1100)))
        tree = Tree(dice.randbytes(32) for _ in range(size))
        for _ in range(60):
            second = dice.randint(1, size)
            assert implementation.holds(inclusion(tree, dice.randrange(second), second))
            assert implementation.holds(consistency(tree, dice.randint(1, second), second))
            proofs.update(("inclusion", "consistency"))
    assert proofs.total() >= HONEST_PROOFS
    assert proofs["inclusion"] == proofs["consistency"]


def inclusion(tree: Tree, index: int, size: int) -> Inclusion:
    """Return an honest claim that a leaf stands in the first `size`."""
    return Inclusion(index, size, tree.leaf(index), tree.root(size), tree.inclusion(index, size))


def consistency(tree: Tree, first: int, second: int) -> Consistency:
    """Return an honest claim that a log continues an earlier one."""
    return Consistency(
        first, second, tree.root(first), tree.root(second), tree.consistency(first, second)
    )


def mutated_path(dice: random.Random, path: list[bytes], strange: bytes) -> list[bytes]:
    """Return another path than the one given."""
    while True:
        new = list(path)
        kind = dice.randrange(6)
        if kind == 0:
            new.insert(dice.randint(0, len(new)), strange)
        elif new and kind == 1:
            del new[dice.randrange(len(new))]
        elif new and kind == 2:
            at = dice.randrange(len(new))
            bit = 1 << dice.randrange(8)
            spot = dice.randrange(32)
            step = bytearray(new[at])
            step[spot] ^= bit
            new[at] = bytes(step)
        elif kind == 3:
            dice.shuffle(new)
        elif new and kind == 4:
            at = dice.randrange(len(new))
            new[at] = new[at][: dice.randrange(32)]
        else:
            new = [*new, *new] or [strange]
        if new != path:
            return new


def other(dice: random.Random, value: int) -> int:
    """Return another number: near, negative, or very large."""
    return dice.choice(
        (value - 1, value + 1, value + 2, -value - 1, value ^ (1 << 62), value * 2 + 1)
    )


def mutated_inclusion(dice: random.Random, tree: Tree) -> tuple[str, Inclusion]:
    """Return what is wrong, and a claim with that wrong. The tree has at least two leaves."""
    size = dice.randint(2, tree.size)
    index = dice.randrange(size)
    claim = inclusion(tree, index, size)
    elsewhere = dice.choice([at for at in range(size) if at != index])
    strange = dice.randbytes(32)
    wrong = {
        "index": replace(claim, index=other(dice, index)),
        "index beyond the end": replace(claim, index=size),
        "leaf": replace(claim, leaf=strange),
        "leaf of another place": replace(claim, leaf=tree.leaf(elsewhere)),
        "proof": replace(claim, proof=mutated_path(dice, list(claim.proof), strange)),
        "proof of another place": replace(claim, proof=tree.inclusion(elsewhere, size)),
        "root": replace(claim, root=strange[: dice.choice((31, 32))]),
        "root of an earlier log": replace(claim, root=tree.root(dice.randrange(size))),
        "a node as a leaf": replace(
            claim, leaf=merkle.node_hash(tree.leaf(0), tree.leaf(1)), proof=claim.proof[1:]
        ),
    }
    name = dice.choice(sorted(wrong))
    return name, wrong[name]


def mutated_consistency(dice: random.Random, tree: Tree) -> tuple[str, Consistency]:
    """Return what is wrong, and a claim with that wrong. The tree has at least two leaves."""
    second = dice.randint(2, tree.size)
    first = dice.randint(1, second - 1)
    claim = consistency(tree, first, second)
    elsewhere = dice.choice([size for size in range(1, second + 1) if size != first])
    strange = dice.randbytes(32)
    wrong = {
        "first root": replace(claim, first_root=strange[: dice.choice((31, 32))]),
        "second root": replace(claim, second_root=strange[: dice.choice((31, 32))]),
        "root of another size": replace(claim, first_root=tree.root(elsewhere)),
        "proof": replace(claim, proof=mutated_path(dice, list(claim.proof), strange)),
        "no proof": replace(claim, proof=[]),
        "roots exchanged": replace(
            claim, first_root=claim.second_root, second_root=claim.first_root
        ),
        "rolled back": replace(claim, first=second, second=first),
        "sizes equal": replace(claim, first=second, proof=[]),
        "negative": replace(claim, first=-first),
        "nothing before": replace(claim, first=0, first_root=EMPTY_ROOT),
    }
    name = dice.choice(sorted(wrong))
    return name, wrong[name]


@both
def test_no_mutated_proof_is_accepted(implementation: Implementation) -> None:
    """Each kind often, in logs of all sizes: refused, and nothing is raised."""
    dice = random.Random(SEED + 1)
    tried: Counter[str] = Counter()
    while tried.total() < 9_000:
        tree = Tree(dice.randbytes(32) for _ in range(dice.randint(2, dice.choice((4, 30, 300)))))
        for _ in range(15):
            for kind, mutate in (
                ("inclusion", mutated_inclusion),
                ("consistency", mutated_consistency),
            ):
                name, claim = mutate(dice, tree)
                assert not implementation.holds(claim), (name, claim)
                tried[f"{kind}: {name}"] += 1
    assert tried.total() >= MUTATED_PROOFS
    assert len(tried) == 9 + 10
    assert min(tried.values()) >= 300, tried


@both
def test_an_empty_log_proves_nothing(implementation: Implementation) -> None:
    assert not implementation.holds(Consistency(0, 1, EMPTY_ROOT, LEAVES[0], []))
    assert not implementation.holds(Consistency(0, 0, EMPTY_ROOT, EMPTY_ROOT, []))
    assert not implementation.holds(Inclusion(0, 0, LEAVES[0], EMPTY_ROOT, []))
