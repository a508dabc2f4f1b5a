"""Every check of a fixture, shown failing by a broken copy of the one we ship."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from responsibilities.choices import Letter
from tests.services.catalog_records import (
    ASTRO,
    Breaker,
    Records,
    find,
    letters_of,
    load,
    move_accountable,
    original,
    refused,
    write,
)

pytestmark = pytest.mark.django_db


def set_field(kind: str, name: str, value: Any, **wanted: Any) -> Breaker:
    """Return a change that sets one field of one record."""

    def change(records: Records) -> None:
        find(records, kind, **wanted)[name] = value

    return change


def duty(name: str, value: Any) -> Breaker:
    """Return a change that sets one field of RE-ORC-01."""
    return set_field("responsibility", name, value, key="RE-ORC-01")


def repeat(kind: str, **wanted: Any) -> Breaker:
    """Return a change that puts one record in twice."""

    def change(records: Records) -> None:
        fields = find(records, kind, **wanted)
        records.append({"model": f"responsibilities.{kind}", "fields": dict(fields)})

    return change


def drop_letters(key: str, letter: Letter) -> Breaker:
    """Return a change that takes one letter from a responsibility."""

    def change(records: Records) -> None:
        for record in letters_of(records, key):
            if record["fields"]["letter"] == letter:
                records.remove(record)

    return change


def second_accountable(records: Records) -> None:
    """Give a second team the default A."""
    informed = letters_of(records, "RE-ORC-01")[-1]
    informed["fields"]["letter"] = "A"


def accountable_elsewhere(records: Records) -> None:
    """Give the default A to the other side."""
    move_accountable(records, "RE-ORC-01", "data-platform")


def own_holder(records: Records) -> None:
    """Hand one duty to the other side without moving its A."""
    find(records, "responsibility", key="RE-ORC-01")["holder"] = [
        "astro-remote-execution",
        "2026-11",
        "customer",
    ]


def primary_key(records: Records) -> None:
    """Give a record a primary key."""
    records[3]["pk"] = 7


def unknown_field(records: Records) -> None:
    """Give a record a field too many and take one away."""
    records[2]["fields"]["colour"] = records[2]["fields"].pop("name")


def foreign_kind(records: Records) -> None:
    """Put in a record that is no part of the catalog."""
    records.append({"model": "responsibilities.user", "fields": {"email": "a@b.example"}})


def two_versions(records: Records) -> None:
    """Put a second version into the file."""
    fields = {**find(records, "modelversion"), "label": "2027-05"}
    records.append({"model": "responsibilities.modelversion", "fields": fields})


OTHER = ["astro-remote-execution", "2025-01", "customer"]
NOWHERE = ["astro-remote-execution", "2026-11", "nobody"]
OPTION = {"key": "tool", "name": "Tool", "choices": ["Hammer", "Saw"]}

BROKEN: dict[str, tuple[Breaker, str]] = {
    "responsibility key twice": (
        repeat("responsibility", key="RE-ORC-02"),
        "RE-ORC-02: stands 2 times among records of kind responsibility",
    ),
    "team key twice": (
        repeat("teamtemplate", key="data-platform"),
        "data-platform: stands 2 times among records of kind teamtemplate",
    ),
    "letter twice": (
        lambda records: records.append(letters_of(records, "RE-ORC-01")[0]),
        "RE-ORC-01 control-plane-sre R: stands 2 times",
    ),
    "key unfit for an address": (
        set_field("section", "key", "a/b", key="security"),
        "a/b: may hold letters, digits, hyphens and underscores only",
    ),
    "holder not in the version": (
        set_field("section", "holder", NOWHERE, key="security"),
        "security: holder names “nobody”, which is not in this version",
    ),
    "holder of another version": (
        duty("holder", OTHER),
        "RE-ORC-01: holder belongs to another version",
    ),
    "reference without version": (
        duty("section", ["security"]),
        "RE-ORC-01: section must be [model, version, key]",
    ),
    "section without holder": (
        set_field("section", "holder", None, key="security"),
        "security: holder must be [model, version, key]",
    ),
    "record of another version": (
        duty("version", ["astro-remote-execution", "2025-01"]),
        "RE-ORC-01: version belongs to another version",
    ),
    "version of another model": (
        set_field("modelversion", "model", ["other"]),
        "model belongs to another version",
    ),
    "unknown letter": (
        set_field("defaultassignment", "letter", "X"),
        "letter: Value 'X' is not a valid choice.",
    ),
    "no A": (
        drop_letters("RE-ORC-01", Letter.ACCOUNTABLE),
        "RE-ORC-01: has 0 default A instead of exactly one",
    ),
    "two A": (second_accountable, "RE-ORC-01: has 2 default A instead of exactly one"),
    "no R": (drop_letters("RE-ORC-01", Letter.RESPONSIBLE), "RE-ORC-01: has no default R"),
    "A on the other side": (
        accountable_elsewhere,
        "RE-ORC-01: the default A of data-platform is not on the holding side, astronomer",
    ),
    "A not on the side of the duty's own holder": (
        own_holder,
        "RE-ORC-01: the default A of control-plane-sre is not on the holding side, customer",
    ),
    "condition without being conditional": (
        duty("condition", "Sometimes."),
        "RE-ORC-01: a condition must be stated if, and only if, the obligation is conditional",
    ),
    "conditional without condition": (
        duty("obligation", "conditional"),
        "RE-ORC-01: a condition must be stated if, and only if, the obligation is conditional",
    ),
    "unknown obligation": (duty("obligation", "must"), "RE-ORC-01: obligation: Value 'must'"),
    "no review interval": (
        duty("review_interval_months", 0),
        "RE-ORC-01: the review interval must be at least one month",
    ),
    "review interval as text": (
        duty("review_interval_months", "12"),
        "RE-ORC-01: review_interval_months has a value of the wrong type",
    ),
    "title as number": (duty("title", 5), "RE-ORC-01: title has a value of the wrong type"),
    "title with a NUL": (duty("title", "a\0b"), "RE-ORC-01: title has a value of the wrong type"),
    "hints with a number that has no canonical form": (
        duty("evidence_hints", [1.5]),
        "RE-ORC-01: evidence_hints has a value of the wrong type",
    ),
    "hints with a NUL": (
        duty("evidence_hints", ["a\0b"]),
        "RE-ORC-01: evidence_hints has a value of the wrong type",
    ),
    "title too long": (duty("title", "x" * 121), "RE-ORC-01: title: Ensure this value has"),
    "no statement": (duty("statement", ""), "RE-ORC-01: statement: This field cannot be blank."),
    "hints not a list": (duty("evidence_hints", "Export"), "RE-ORC-01: evidence_hints must be"),
    "empty hint": (duty("evidence_hints", ["Export", " "]), "RE-ORC-01: evidence_hints must be"),
    "hint twice": (duty("evidence_hints", ["Log", "Log"]), "RE-ORC-01: evidence_hints must be"),
    "control as text": (duty("controls", ["AC-2"]), "RE-ORC-01: controls must be a list"),
    "control without framework": (
        duty("controls", [{"control": "AC-2"}]),
        "RE-ORC-01: controls must be a list",
    ),
    "control twice": (
        duty("controls", [{"framework": "F", "control": "1"}] * 2),
        "RE-ORC-01: controls must be a list",
    ),
    "option with one choice": (
        duty("options", [{**OPTION, "choices": ["Hammer"]}]),
        "RE-ORC-01: options must be a list",
    ),
    "option with a choice twice": (
        duty("options", [{**OPTION, "choices": ["Saw", "Saw"]}]),
        "RE-ORC-01: options must be a list",
    ),
    "option without name": (
        duty("options", [{"key": "tool", "choices": ["Hammer", "Saw"]}]),
        "RE-ORC-01: options must be a list",
    ),
    "option twice": (duty("options", [OPTION, OPTION]), "RE-ORC-01: options must be a list"),
    "option not an object": (duty("options", {"tool": "Saw"}), "RE-ORC-01: options must be"),
    "reference without address": (
        set_field("modelversion", "references", [{"title": "Page"}]),
        "2026-11: references must be a list of {title, url}",
    ),
    "reference with a bad address": (
        set_field("modelversion", "references", [{"title": "Page", "url": "javascript:1"}]),
        "2026-11: “javascript:1” is not an address",
    ),
    "published without date": (
        set_field("modelversion", "released_on", None),
        "2026-11: is published, but has no release date",
    ),
    "impossible date": (
        set_field("modelversion", "released_on", "2026-02-30"),
        "released_on: “2026-02-30” value has the correct format",
    ),
    "unknown status": (
        set_field("modelversion", "status", "public"),
        "status: Value 'public' is not a valid choice.",
    ),
    "bad source address": (
        set_field("responsibilitymodel", "source_url", "astronomer"),
        "source_url: Enter a valid URL.",
    ),
    "primary key": (primary_key, "record 4: must have “model” and “fields” and nothing else"),
    "unknown field": (unknown_field, "record 3: field “colour” is unknown"),
    "missing field": (unknown_field, "record 3: field “name” is missing"),
    "record of another kind": (foreign_kind, "is of no kind that belongs into a model"),
    "two versions": (two_versions, "holds 2 records of kind modelversion instead of one"),
    "no model": (
        lambda records: records.pop(0),
        "holds 0 records of kind responsibilitymodel instead of one",
    ),
}


@pytest.mark.parametrize(("change", "expected"), BROKEN.values(), ids=BROKEN)
def test_broken_fixture_is_refused_with_file_and_key(
    tmp_path: Path, change: Breaker, expected: str
) -> None:
    records = original()
    change(records)
    message = refused(write(tmp_path, records))
    assert expected in message
    assert all(line.startswith("model/version.json: ") for line in message.splitlines()[1:])


def test_the_copy_that_gets_broken_is_sound(tmp_path: Path) -> None:
    assert load(write(tmp_path, original())).loaded == (ASTRO,)


def test_wrong_digest_is_refused_and_the_right_one_named(tmp_path: Path) -> None:
    records = original()
    right = find(records, "modelversion")["digest"]
    find(records, "modelversion")["digest"] = "0" * 64
    message = refused(write(tmp_path, records))
    assert f"states the digest {'0' * 64}, but its content has {right}" in message


def test_changed_content_under_an_old_digest_is_refused(tmp_path: Path) -> None:
    records = original()
    find(records, "responsibility", key="RE-SEC-08")["guidance"] = "Other."
    assert "states the digest" in refused(write(tmp_path, records))


@pytest.mark.parametrize("text", ["", "[{]", "\ufeff[]"], ids=["empty", "cut off", "with BOM"])
def test_file_that_is_no_json_is_refused(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, [])
    path.write_text(text, encoding="utf-8")
    assert "model/version.json: cannot be read: " in refused(path)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    assert "cannot be read: " in refused(tmp_path / "model" / "version.json")


def test_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, [])
    path.write_bytes(b'["\xff"]')
    assert "cannot be read: " in refused(path)


def test_digest_does_not_depend_on_the_order_of_records(tmp_path: Path) -> None:
    records = original()
    assert load(write(tmp_path, records[::-1])).loaded == (ASTRO,)
