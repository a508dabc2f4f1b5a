"""What must hold for the content of a model version before it may enter the catalog.

Each check is a generator of key and message; none stops at its first finding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_slug
from django.utils.translation import gettext as _

from responsibilities.canonical import Json
from responsibilities.choices import Letter, Obligation, VersionStatus
from responsibilities.services.catalog_content import (
    KINDS,
    LETTER,
    RESPONSIBILITY,
    SECTION,
    TEAM,
    VERSION,
    Content,
    Fixture,
    Row,
    content_digest,
    identity,
)

FEWEST_CHOICES = 2


def check_fixture(fixture: Fixture) -> Iterator[tuple[str, str]]:
    """Give every problem of a version's content as key and message."""
    content = fixture.content
    yield from check_keys(content)
    yield from check_references(content)
    yield from check_version(fixture)
    for row in content[RESPONSIBILITY.name]:
        for message in check_responsibility(row):
            yield str(row["key"]), message
    yield from check_letters(content)
    digest = content_digest(content)
    if fixture.digest != digest:
        text = _("states the digest %(stated)s, but its content has %(digest)s")
        yield fixture.label, text % {"stated": fixture.digest or "–", "digest": digest}


def check_keys(content: Content) -> Iterator[tuple[str, str]]:
    """Give every key that stands twice among records of one kind."""
    for name, kind in KINDS.items():
        counts = Counter(identity(kind, row) for row in content[name])
        for key, count in counts.items():
            if count > 1:
                text = _("stands %(count)s times among records of kind %(kind)s")
                yield key, text % {"count": count, "kind": name}
        for row in content[name]:
            if "key" in row and not is_key(row["key"]):
                text = _("may hold letters, digits, hyphens and underscores only, as a key")
                yield str(row["key"]), text


def check_references(content: Content) -> Iterator[tuple[str, str]]:
    """Give every reference to a record that is not in this version."""
    known = {name: {row.get("key") for row in rows} for name, rows in content.items()}
    for name, kind in KINDS.items():
        for row in content[name]:
            for field, target in kind.references.items():
                if row[field] is not None and row[field] not in known[target]:
                    text = _("%(field)s names “%(key)s”, which is not in this version")
                    yield identity(kind, row), text % {"field": field, "key": row[field]}


def check_version(fixture: Fixture) -> Iterator[tuple[str, str]]:
    """Check the version's own fields: its references, and its date once it is published."""
    row = fixture.content[VERSION.name][0]
    if fixture.status != VersionStatus.DRAFT and not row["released_on"]:
        yield fixture.label, _("is published, but has no release date")
    if not is_list_of_records(row["references"], {"title", "url"}):
        yield fixture.label, _("references must be a list of {title, url}")
        return
    for reference in _records(row["references"]):
        try:
            URLValidator(schemes=["https", "http"])(reference["url"])
        except ValidationError:
            yield fixture.label, _("“%(url)s” is not an address") % {"url": reference["url"]}


def check_responsibility(row: Row) -> Iterator[str]:
    """Check one responsibility's own fields: condition, interval, options, hints, controls."""
    if (row["obligation"] == Obligation.CONDITIONAL) != bool(row["condition"]):
        yield _("a condition must be stated if, and only if, the obligation is conditional")
    if not row["review_interval_months"]:
        yield _("the review interval must be at least one month")
    if not is_list_of_texts(row["evidence_hints"]):
        yield _("evidence_hints must be a list of different texts")
    if not is_list_of_records(row["controls"], {"framework", "control"}):
        yield _("controls must be a list of different {framework, control}")
    if not are_options(row["options"]):
        yield _("options must be a list of {key, name, choices} with two choices or more")


def check_letters(content: Content) -> Iterator[tuple[str, str]]:
    """Check that each responsibility has one A, on the holding side, and at least one R."""
    side = {row["key"]: row["party"] for row in content[TEAM.name]}
    section_holder = {row["key"]: row["holder"] for row in content[SECTION.name]}
    for row in content[RESPONSIBILITY.name]:
        key = str(row["key"])
        letters = [item for item in content[LETTER.name] if item["responsibility"] == key]
        accountable = [item["team"] for item in letters if item["letter"] == Letter.ACCOUNTABLE]
        if len(accountable) != 1:
            text = _("has %(count)s default A instead of exactly one")
            yield key, text % {"count": len(accountable)}
        holder = row["holder"] or section_holder.get(row["section"])
        for team in accountable:
            if side.get(team) != holder:
                text = _("the default A of %(team)s is not on the holding side, %(holder)s")
                yield key, text % {"team": team, "holder": holder}
        if all(item["letter"] != Letter.RESPONSIBLE for item in letters):
            yield key, _("has no default R")


def is_key(value: Json) -> bool:
    """Say whether a value can stand in an address as it is."""
    try:
        validate_slug(value)
    except ValidationError:
        return False
    return True


def is_text(value: object) -> bool:
    """Say whether a value is text with something in it."""
    return isinstance(value, str) and bool(value.strip())


def is_list_of_texts(value: Json) -> bool:
    """Say whether a value is a list of texts, no two alike."""
    return isinstance(value, list) and all(map(is_text, value)) and _differ(value)


def is_list_of_records(value: Json, fields: set[str]) -> bool:
    """Say whether a value is a list of records with just these text fields, no two alike."""
    return (
        isinstance(value, list)
        and all(
            isinstance(record, dict)
            and record.keys() == fields
            and all(map(is_text, record.values()))
            for record in value
        )
        and _differ(sorted(record.items()) for record in value)
    )


def are_options(value: Json) -> bool:
    """Say whether a value is a list of well-formed options with different keys."""
    return (
        isinstance(value, list)
        and all(
            isinstance(option, dict)
            and option.keys() == {"key", "name", "choices"}
            and is_text(option["key"])
            and is_text(option["name"])
            and is_list_of_texts(option["choices"])
            and len(option["choices"]) >= FEWEST_CHOICES
            for option in value
        )
        and _differ(option["key"] for option in value)
    )


def _differ(values: Iterable[object]) -> bool:
    texts = [repr(value) for value in values]
    return len(texts) == len(set(texts))


def _records(value: Json) -> list[dict[str, str]]:
    return value  # type: ignore[return-value]  # is_list_of_records has looked
