"""Signed notes and checkpoints: published vectors, and everything that must be refused."""

from __future__ import annotations

import base64
import hashlib
import random

import pytest

from responsibilities import notes
from responsibilities.notes import Checkpoint, NoteError, SigningKey, VerifierKey

# golang.org/x/mod/sumdb/note, note_test.go.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SECRET = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
GO_NOTE = (
    f"{GO_TEXT}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXg"
    "KvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# An example in the documentation of an independent implementation.
OTHER_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
OTHER_NOTE = (
    "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONn"
    "cAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
KEY = SigningKey(hashlib.sha256(b"for tests").digest())
ORIGIN = "matrix.example.com/ws/0b7e"
POINT = Checkpoint(ORIGIN, 7, hashlib.sha256(b"root").digest())
SEED = 20261122


def test_the_note_of_go_opens_and_is_signed_alike() -> None:
    key = VerifierKey.parse(GO_KEY)
    assert str(key) == GO_KEY
    assert notes.open_note(GO_NOTE, [key]).text == GO_TEXT
    signer = SigningKey(base64.b64decode(GO_SECRET)[1:])
    assert str(signer.verifier("PeterNeumann")) == GO_KEY
    assert notes.sign(GO_TEXT, (signer, "PeterNeumann")) == GO_NOTE


def test_a_note_of_another_implementation_opens() -> None:
    key = VerifierKey.parse(OTHER_KEY)
    assert notes.open_note(OTHER_NOTE, [key]).keys == (key,)


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
def test_a_malformed_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        VerifierKey.parse(text)


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


def test_a_checkpoint_reads_as_it_was_written() -> None:
    note = POINT.sign(KEY)
    assert note.startswith(f"{ORIGIN}\n7\n{base64.b64encode(POINT.root).decode()}\n\n— {ORIGIN} ")
    assert Checkpoint.open(note, [KEY.verifier(ORIGIN)]) == POINT


def test_a_checkpoint_signed_under_another_name_is_refused() -> None:
    note = notes.sign(POINT.text, (KEY, "matrix.example.com/ws/other"))
    with pytest.raises(NoteError, match="origin"):
        Checkpoint.open(note, [KEY.verifier("matrix.example.com/ws/other")])


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
def test_a_malformed_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.parse(text)


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
def test_a_malformed_note_is_refused(note: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.open(note, [KEY.verifier(ORIGIN)])


def test_no_text_that_breaks_a_note_is_signed() -> None:
    for text in ("no newline", "tab\there\n", "a\rb\n"):
        with pytest.raises(NoteError):
            notes.sign(text, (KEY, ORIGIN))


def test_no_mutated_checkpoint_is_taken_for_another() -> None:
    """Change one to three bytes anywhere: refused, or the very same checkpoint."""
    dice = random.Random(SEED)
    note = POINT.sign(KEY).encode()
    keys = [KEY.verifier(ORIGIN)]
    for _ in range(6000):
        data = bytearray(note)
        for _change in range(dice.randint(1, 3)):
            at, byte = (
                dice.randrange(len(data)),
                dice.choice((0x0A, 0x0B, 0x0D, dice.randrange(256))),
            )
            action = dice.randrange(3)
            if action == 0:
                data[at] = byte
            elif action == 1:
                data.insert(at, byte)
            else:
                del data[at]
        if bytes(data) == note:
            continue
        try:
            found = Checkpoint.open(data.decode(), keys)
        except (NoteError, UnicodeDecodeError):
            continue
        assert found == POINT, bytes(data)


def test_a_proof_has_the_form_of_c2sp() -> None:
    note = POINT.sign(KEY)
    text = notes.proof(index=3, path=[b"a" * 32, b"b" * 32], checkpoint=note)
    head, _blank, rest = text.partition("\n\n")
    first = base64.b64encode(b"a" * 32).decode()
    assert head.split("\n")[:3] == ["c2sp.org/tlog-proof@v1", "index 3", first]
    assert rest == note
