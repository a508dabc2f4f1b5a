"""What is taken as evidence: by name, by content, within limits."""

from __future__ import annotations

import io
import json
import random
import time
import tracemalloc

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from responsibilities.validators import (
    FILE_TYPES,
    check_content,
    clean_file_name,
    clean_link,
    clean_name,
    file_type,
)
from tests import files


def media_type(name: str, data: bytes) -> str:
    """Check a file as an upload is checked."""
    return check_content(clean_file_name(name), io.BytesIO(data), len(data))


@pytest.mark.parametrize("name", files.GOOD)
def test_real_files_are_taken(name: str) -> None:
    data, expected = files.GOOD[name]
    assert media_type(name, data) == expected


def test_every_extension_on_the_list_has_a_real_file() -> None:
    seen = {name.rpartition(".")[2].lower() for name in files.GOOD}
    assert seen == set(FILE_TYPES)


@pytest.mark.parametrize("case", files.HOSTILE)
def test_hostile_files_are_refused(case: str) -> None:
    name, data = files.HOSTILE[case]
    with pytest.raises(ValidationError):
        media_type(name, data)


@pytest.mark.parametrize("name", files.GOOD)
def test_a_file_is_only_taken_as_what_it_is(name: str) -> None:
    """The same bytes under an extension of another family are refused."""
    data, expected = files.GOOD[name]
    text = {"text/plain", "text/csv", "application/yaml"}
    for extension, kind in FILE_TYPES.items():
        fits = (
            kind.media_type == expected
            or (
                kind.media_type in text
                and expected in text | {"application/json", "message/rfc822"}
            )
            or (kind.media_type == "application/zip" and "openxml" in expected)
        )
        if not fits:
            with pytest.raises(ValidationError):
                media_type(f"renamed.{extension}", data)


def test_the_file_is_left_at_its_start() -> None:
    file = io.BytesIO(files.xlsx())
    check_content("book.xlsx", file, len(file.getvalue()))
    assert file.tell() == 0


@pytest.mark.parametrize(("name", "kept"), files.NAMES.items())
def test_names_are_cleaned(name: str, kept: str) -> None:
    assert clean_file_name(name) == kept


@pytest.mark.parametrize("name", ["", ".", "..", "/", "\x00\r\n", "\u202e", "   ", ".pdf"])
def test_a_name_has_to_be_left(name: str) -> None:
    with pytest.raises(ValidationError):
        file_type(clean_file_name(name))


@pytest.mark.parametrize("stem", ["a", "ü", "語", "😀"])
def test_long_names_are_shortened_and_keep_their_extension(stem: str) -> None:
    kept = clean_file_name(stem * 300 + ".pdf")
    assert len(kept.encode()) <= 255
    assert kept.endswith(".pdf")
    assert set(kept[:-4]) == {stem}


@settings(deadline=None)
@given(st.text(max_size=400))
def test_any_name_is_cleaned_or_refused(name: str) -> None:
    try:
        kept = clean_file_name(name)
    except ValidationError:
        return
    assert 0 < len(kept.encode()) <= 255
    assert not set(kept) & set("/\\\x00\r\n\u202e\u2066\u200f")
    assert clean_file_name(kept) == kept


@settings(deadline=None)
@given(st.binary(max_size=2000), st.sampled_from(sorted(FILE_TYPES)))
def test_any_bytes_are_taken_or_refused(data: bytes, extension: str) -> None:
    try:
        media_type(f"file.{extension}", data)
    except ValidationError:
        return
    assert data


@pytest.mark.parametrize("name", sorted(files.GOOD))
def test_damaged_files_never_raise_anything_else(name: str) -> None:
    rng = random.Random(name)
    data = files.GOOD[name][0]
    for _ in range(200):
        broken = bytearray(data)
        for _ in range(rng.randint(1, 4)):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        try:
            media_type(name, bytes(broken[: rng.randint(1, len(broken))]))
        except ValidationError:
            continue


def test_a_zip_bomb_is_not_unpacked() -> None:
    data = files.bomb(64)
    tracemalloc.start()
    begun = time.perf_counter()
    assert media_type("bomb.zip", data) == "application/zip"
    assert time.perf_counter() - begun < 2
    assert tracemalloc.get_traced_memory()[1] < 4 * 1024 * 1024
    tracemalloc.stop()


def test_a_workbook_whose_list_of_types_explodes_is_refused() -> None:
    huge = files.archive(
        {"[Content_Types].xml": b" " * 8 * 1024 * 1024, "xl/workbook.xml": b"<x/>"}
    )
    with pytest.raises(ValidationError):
        media_type("book.xlsx", huge)


def test_an_archive_that_claims_too_much_is_refused() -> None:
    with pytest.raises(ValidationError, match="1 GB"):
        media_type("big.zip", files.with_declared_size(files.bomb(1), 2 * 1024**3))


def test_an_archive_with_a_huge_directory_is_refused() -> None:
    data = files.archive({f"{n:0100}.txt": b"" for n in range(10_000)})
    with pytest.raises(ValidationError):
        media_type("many.zip", data)


def test_large_json_is_looked_at_and_not_parsed() -> None:
    good = b"[" + b",".join([b"[]"] * 2_000_000) + b"]"
    tracemalloc.start()
    assert media_type("large.json", good) == "application/json"
    assert tracemalloc.get_traced_memory()[1] < 4 * 1024 * 1024
    tracemalloc.stop()
    with pytest.raises(ValidationError):
        media_type("large.json", b"x" + good)


def test_numbers_of_any_length_do_not_cost_anything() -> None:
    assert media_type("n.json", json.dumps({"n": 0}).encode().replace(b"0", b"9" * 50_000))


@pytest.mark.parametrize(
    "address",
    [
        "https://example.com/",
        "http://example.com:8080/a?b=c#d",
        "https://wiki.example.com/Prüfung",
    ],
)
def test_links_that_are_taken(address: str) -> None:
    assert clean_link(f" {address} ") == address


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        (" \t\r\n\u00a0\u2003 ", ""),
        ("  Platform \n team\u2028two ", "Platform team two"),
        ("Pru\u0308fung", "Prüfung"),
        ("O\u2019Neil & Söhne (\u00a7 4) 100 %", "O\u2019Neil & Söhne (\u00a7 4) 100 %"),
        ("日本語 שלום नमस्ते Ω 😀", "日本語 שלום नमस्ते Ω 😀"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("❤\ufe0f 葛\U000e0100城", "❤\ufe0f 葛\U000e0100城"),
        ("1", "1"),
    ],
)
def test_names_are_kept_as_they_are_read(typed: str, kept: str) -> None:
    assert clean_name(typed) == kept
    assert clean_name(kept) == kept


HIDDEN = (
    *("\x00", "\x1b", "\x7f", "\x9f", "\ud800", "\ue000"),
    *("\u061c", "\u200e", "\u200f", "\u202a", "\u202e", "\u2066", "\u2069"),
    *("\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", "\u2064", "\ufeff", "\U000e0041"),
    *("\u034f", "\u115f", "\u180b", "\u2800", "\u3164", "\uffa0", "\ufe0f", "\U000e0100"),
)


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("text", ["{}", "{}Team", "Te{}am", "Team{}", "می{}a", "a {} b"])
def test_names_hide_nothing(text: str, hidden: str) -> None:
    with pytest.raises(ValidationError, match=f"U\\+{ord(hidden):04X}"):
        clean_name(text.format(hidden))


@pytest.mark.parametrize("text", ["\u0301", "\u0308 \u0308"])
def test_marks_alone_are_no_name(text: str) -> None:
    with pytest.raises(ValidationError, match="Nothing of this can be seen"):
        clean_name(text)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_name_of_a_person_is_kept_or_refused(text: str) -> None:
    try:
        kept = clean_name(text)
    except ValidationError:
        return
    assert clean_name(kept) == kept
    assert kept == " ".join(kept.split())


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\ufeff", "\u2066", "\u200d"])
def test_links_hide_nothing(hidden: str) -> None:
    with pytest.raises(ValidationError):
        clean_link(f"https://example.com/a{hidden}b")


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.com/",
        "file:///etc/passwd",
        "//example.com/",
        "https://",
        "https://user:secret@example.com/",
        "https://user@example.com/",
        "https://example.com/\nX: y",
        "https://example.com/" + "a" * 2000,
        "",
    ],
)
def test_links_that_are_refused(address: str) -> None:
    with pytest.raises(ValidationError):
        clean_link(address)
