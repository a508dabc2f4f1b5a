"""The Merkle tree: published vectors, and random logs with honest and mutated proofs."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from responsibilities import merkle
from responsibilities.merkle import EMPTY_ROOT, Frontier, Tree

# The test data of Certificate Transparency (merkle tree tests; also transparency-dev/merkle).
ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
INCLUSIONS = {
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
}
CONSISTENCIES = {
    (1, 1): (),
    (1, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (6, 8): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 5): (
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
LEAVES = [merkle.leaf_hash(entry) for entry in ENTRIES]
SEED = 20261122


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


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size: int) -> None:
    expected = bytes.fromhex(ROOTS[size])
    assert Tree(LEAVES[:size]).root() == expected
    assert Tree(LEAVES).root(size) == expected
    assert Frontier().extend(LEAVES[:size]).root() == expected


@pytest.mark.parametrize(("pair", "path"), INCLUSIONS.items())
def test_published_inclusion_proofs(pair: tuple[int, int], path: tuple[str, ...]) -> None:
    index, size = pair
    proof = Tree(LEAVES).inclusion(index, size)
    assert [step.hex() for step in proof] == list(path)


@pytest.mark.parametrize(("pair", "path"), CONSISTENCIES.items())
def test_published_consistency_proofs(pair: tuple[int, int], path: tuple[str, ...]) -> None:
    proof = Tree(LEAVES).consistency(*pair)
    assert [step.hex() for step in proof] == list(path)


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


def test_ten_thousand_honest_proofs_verify() -> None:
    dice = random.Random(SEED)
    proofs = 0
    while proofs < 12_000:
        size = dice.randint(1, dice.choice((3, 40, 1100)))
        tree = Tree(dice.randbytes(32) for _ in range(size))
        for _ in range(60):
            second = dice.randint(1, size)
            index, first = dice.randrange(second), dice.randint(1, second)
            assert merkle.verify_inclusion(
                index=index,
                size=second,
                leaf=tree.leaf(index),
                proof=tree.inclusion(index, second),
                root=tree.root(second),
            )
            assert merkle.verify_consistency(
                first=first,
                second=second,
                first_root=tree.root(first),
                second_root=tree.root(second),
                proof=tree.consistency(first, second),
            )
            proofs += 2


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


def test_no_mutated_inclusion_proof_is_accepted() -> None:
    dice = random.Random(SEED + 1)
    for _ in range(4000):
        size = dice.randint(1, 300)
        tree = Tree(dice.randbytes(32) for _ in range(size))
        index = dice.randrange(size)
        case = {
            "index": index,
            "size": size,
            "leaf": tree.leaf(index),
            "proof": tree.inclusion(index),
            "root": tree.root(),
        }
        strange = dice.randbytes(32)
        field = dice.choice(("index", "leaf", "proof", "root"))
        case[field] = {
            "index": other(dice, index),
            "leaf": strange,
            "proof": mutated_path(dice, tree.inclusion(index), strange),
            "root": strange[: dice.choice((31, 32))],
        }[field]
        assert not merkle.verify_inclusion(**case), case  # type: ignore[arg-type]


def test_no_mutated_consistency_proof_is_accepted() -> None:
    dice = random.Random(SEED + 2)
    for _ in range(4000):
        size = dice.randint(2, 300)
        tree = Tree(dice.randbytes(32) for _ in range(size))
        first = dice.randint(1, size - 1)
        case = {
            "first": first,
            "second": size,
            "first_root": tree.root(first),
            "second_root": tree.root(),
            "proof": tree.consistency(first),
        }
        strange = dice.randbytes(32)
        field = dice.choice(("first_root", "second_root", "proof", "swap", "rolled back"))
        if field == "swap":
            case["first_root"], case["second_root"] = case["second_root"], case["first_root"]
        elif field == "rolled back":
            case["first"], case["second"] = size, first
        else:
            case[field] = (
                mutated_path(dice, tree.consistency(first), strange)
                if field == "proof"
                else strange[: dice.choice((31, 32))]
            )
        assert not merkle.verify_consistency(**case), case  # type: ignore[arg-type]


def test_an_empty_log_proves_nothing() -> None:
    assert not merkle.verify_consistency(
        first=0, second=1, first_root=EMPTY_ROOT, second_root=LEAVES[0], proof=[]
    )
