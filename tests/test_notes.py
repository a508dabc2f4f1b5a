"""Signed notes and checkpoints: published vectors, and everything that must be refused."""

from __future__ import annotations

import base64
import hashlib
import random

import pytest

from responsibilities import notes
from responsibilities.notes import Checkpoint, NoteError, SigningKey
from tests.proving import IMPLEMENTATIONS, Implementation
from tests.vectors import (
    C2SP_CHECKPOINT,
    GO_KEY,
    GO_NOTE,
    GO_SECRET,
    GO_TEXT,
    OTHER_KEY,
    OTHER_NOTE,
    SUMDB_KEY,
    SUMDB_NOTES,
)

KEY = SigningKey(hashlib.sha256(b"for tests").digest())
ORIGIN = "matrix.example.com/ws/0b7e"
POINT = Checkpoint(ORIGIN, 7, hashlib.sha256(b"root").digest())
PUBLIC = str(KEY.verifier(ORIGIN))
SEED = 20261122
MUTATIONS = 5_000

both = pytest.mark.parametrize(
    "implementation", IMPLEMENTATIONS.values(), ids=IMPLEMENTATIONS.keys()
)


def test_the_note_of_go_is_signed_alike() -> None:
    signer = SigningKey(base64.b64decode(GO_SECRET)[1:])
    assert str(signer.verifier("PeterNeumann")) == GO_KEY
    assert notes.sign(GO_TEXT, (signer, "PeterNeumann")) == GO_NOTE


@both
@pytest.mark.parametrize(
    ("key", "note"),
    [(GO_KEY, GO_NOTE), (OTHER_KEY, OTHER_NOTE), *((SUMDB_KEY, note) for note in SUMDB_NOTES)],
)
def test_published_notes_open(implementation: Implementation, key: str, note: str) -> None:
    """Of other implementations, and of a log that runs since 2019."""
    assert implementation.key(key) == key
    text = note.rpartition("\n\n")[0] + "\n"
    assert implementation.text(note, key) == text
    with pytest.raises(ValueError, match="hold"):
        implementation.text(note.replace(text[:3], "abc", 1), key)


def test_the_example_of_a_checkpoint_is_read() -> None:
    found = Checkpoint.parse(C2SP_CHECKPOINT)
    assert (found.origin, found.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert found.text == C2SP_CHECKPOINT


@both
@pytest.mark.parametrize(
    "text",
    [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        GO_KEY.replace("c74f20a3", "c74f20a4"),
        GO_KEY.replace("c74f20a3", "C74F20A3"),
        GO_KEY.replace("PeterNeumann", "Peter Neumann"),
        GO_KEY.replace("PeterNeumann", ""),
        GO_KEY[:-4],
        GO_KEY.replace("ARpc", "AhpC"),
        GO_KEY + "\x0b+",
        GO_KEY.replace("+ARpc", "+ ARpc"),
    ],
)
def test_a_malformed_verifier_key_is_refused(implementation: Implementation, text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (in words of their own)
        implementation.key(text)


@pytest.mark.parametrize("text", ["", "AAAA", "not base64", "é" * 32, base64.b64encode(b"x" * 31)])
def test_a_malformed_secret_is_refused_without_repeating_it(text: str | bytes) -> None:
    given = text if isinstance(text, str) else text.decode()
    with pytest.raises(NoteError) as refused:
        SigningKey.parse(given)
    assert not given or given not in str(refused.value)


def test_signatures_of_unknown_keys_are_passed_over() -> None:
    stranger = SigningKey(b"s" * 32)
    note = notes.sign(POINT.text, (stranger, "witness.example"), (KEY, ORIGIN))
    opened = notes.open_note(note, [KEY.verifier(ORIGIN)])
    assert opened.keys == (KEY.verifier(ORIGIN),)
    with pytest.raises(NoteError, match="no key that is known"):
        notes.open_note(note, [KEY.verifier("matrix.example.com/ws/other")])


def test_one_bad_signature_of_a_known_key_refuses_the_note() -> None:
    good = POINT.sign(KEY)
    other = Checkpoint(ORIGIN, 8, POINT.root).sign(KEY).splitlines()[-1]
    with pytest.raises(NoteError, match="does not hold"):
        notes.open_note(f"{good}{other}\n", [KEY.verifier(ORIGIN)])


@both
def test_a_checkpoint_reads_as_it_was_written(implementation: Implementation) -> None:
    note = POINT.sign(KEY)
    assert note.startswith(f"{ORIGIN}\n7\n{base64.b64encode(POINT.root).decode()}\n\n— {ORIGIN} ")
    assert implementation.checkpoint(note, PUBLIC) == (ORIGIN, 7, POINT.root)


def test_a_checkpoint_signed_under_another_name_is_refused() -> None:
    note = notes.sign(POINT.text, (KEY, "matrix.example.com/ws/other"))
    with pytest.raises(NoteError, match="origin"):
        Checkpoint.open(note, [KEY.verifier("matrix.example.com/ws/other")])


@both
@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n1\n",
        f"{ORIGIN}\n07\n{'A' * 43}=\n",
        f"{ORIGIN}\n-7\n{'A' * 43}=\n",
        f"{ORIGIN}\n٧\n{'A' * 43}=\n",
        f"{ORIGIN}\n7\n{'A' * 42}==\n",
        f"{ORIGIN}\n7\n{'A' * 42}B=\n",
        f"{ORIGIN}\n{'9' * 20}\n{'A' * 43}=\n",
        f"\n7\n{'A' * 43}=\n",
        f"{ORIGIN}\n7\n{'A' * 43}=\nextension\n",
        f"{ORIGIN}\n7\n{'A' * 43}=\x0b\n",
    ],
)
def test_a_malformed_checkpoint_is_refused(implementation: Implementation, text: str) -> None:
    """Even if the right key has signed it."""
    with pytest.raises(NoteError):
        Checkpoint.parse(text)
    note = f"{text}\n{KEY.signature(text, ORIGIN)}"
    with pytest.raises(ValueError):  # noqa: PT011 (in words of their own)
        implementation.checkpoint(note, PUBLIC)


@both
@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n\n",
        POINT.text,
        POINT.sign(KEY)[:-1],
        POINT.sign(KEY) + "\n",
        POINT.sign(KEY).replace("\n", "\r\n"),
        POINT.sign(KEY).replace("\n7\n", "\x0b7\n"),
        POINT.sign(KEY).replace("— ", "- "),
        POINT.sign(KEY) * 2,
        POINT.sign(KEY) + POINT.sign(KEY).splitlines()[-1] * 20,
        POINT.text + "\n" + f"— {ORIGIN} AAAA\n",
        POINT.text + "\n" + "— other AAAAAAAA\n" * 17,
        "\ud800\n\n" + POINT.sign(KEY),
        "x" * 70_000 + POINT.sign(KEY),
    ],
)
def test_a_malformed_note_is_refused(implementation: Implementation, note: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (in words of their own)
        implementation.checkpoint(note, PUBLIC)


def test_no_text_that_breaks_a_note_is_signed() -> None:
    for text in ("no newline", "tab\there\n", "a\rb\n"):
        with pytest.raises(NoteError):
            notes.sign(text, (KEY, ORIGIN))


def mutated(dice: random.Random, note: bytes) -> bytes:
    """Return the note with one to three bytes changed, added or taken away."""
    data = bytearray(note)
    for _change in range(dice.randint(1, 3)):
        at = dice.randrange(len(data))
        byte = dice.choice((0x0A, 0x0B, 0x0D, dice.randrange(256)))
        action = dice.randrange(3)
        if action == 0:
            data[at] = byte
        elif action == 1:
            data.insert(at, byte)
        else:
            del data[at]
    return bytes(data)


@both
def test_no_mutated_checkpoint_is_taken_for_another(implementation: Implementation) -> None:
    """Change one to three bytes anywhere: refused, or the very same checkpoint."""
    dice = random.Random(SEED)
    note = POINT.sign(KEY).encode()
    refused = same = 0
    for _ in range(6_000):
        data = mutated(dice, note)
        if data == note:
            continue
        try:
            found = implementation.checkpoint(data.decode(), PUBLIC)
        except ValueError:
            refused += 1
        else:
            same += 1
            assert found == (ORIGIN, 7, POINT.root), data
    assert refused >= MUTATIONS
    assert same <= refused // 100


def test_a_proof_has_the_form_of_c2sp() -> None:
    note = POINT.sign(KEY)
    text = notes.proof(index=3, path=[b"a" * 32, b"b" * 32], checkpoint=note)
    head, _blank, rest = text.partition("\n\n")
    first = base64.b64encode(b"a" * 32).decode()
    assert head.split("\n")[:3] == ["c2sp.org/tlog-proof@v1", "index 3", first]
    assert rest == note
