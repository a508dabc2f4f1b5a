"""Every place that speaks of proof uses the promise of the design, and claims no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROMISE = (
    "othing covered by a checkpoint that someone else kept can be changed, removed or reordered "
    "without being noticed"
)
NOT_PROMISED = re.compile(r"what (was|people) (entered|wrote in it) is true")
PLACES = (
    "README.md",
    "docs/proof.md",
    "responsibilities/exchange/bundle.py",
    "responsibilities/verifier/verify_rexmatrix.py",
    "templates/audit_list/page.html",
    "templates/checkpoint_list/page.html",
    "templates/checkpoint_mail/body.txt",
    "templates/verify/_promise.html",
)
CLAIMS = re.compile(
    r"tamper-?\s?(proof|evident|resistant)|unforgeable|unalterable|indisputable|irrefutabl|"
    r"legally binding|qualified electronic|advanced electronic|part 11[- ]compliant|"
    r"(cannot|can not|can't) be (forged|tampered)|guarantees? that nothing|blockchain|"
    r"(log|history|trail|record)s? (is|are) immutable|immutable (log|history|trail|record)",
    re.IGNORECASE,
)


def words(path: Path) -> str:
    """Return a text in one line, without the quotes and marks at the ends of its lines."""
    text = path.read_text(encoding="utf-8")
    return " ".join(re.sub(r'"?\n\s*(>\s)?"?', " ", text).split())


def spoken() -> Iterator[Path]:
    """Yield what people read: templates, guides, and the texts in the code."""
    yield ROOT / "README.md"
    for folder, pattern in (("templates", "*.*"), ("docs", "*.md"), ("responsibilities", "*.py")):
        yield from sorted((ROOT / folder).rglob(pattern))


@pytest.mark.parametrize("place", PLACES)
def test_the_promise_stands_word_for_word_with_what_is_not_promised(place: str) -> None:
    text = words(ROOT / place)
    assert PROMISE in text
    assert NOT_PROMISED.search(text)


def test_the_pdf_says_both_on_its_last_page() -> None:
    assert PROMISE in words(ROOT / "templates/pdf/_checkpoint.html")
    assert NOT_PROMISED.search(words(ROOT / "templates/pdf/file.html"))


def test_nobody_begins_the_promise_and_ends_it_otherwise() -> None:
    begun = re.compile("covered by a checkpoint that someone else kept")
    found = {path for path in spoken() if begun.search(words(path))}
    assert {path.relative_to(ROOT).as_posix() for path in found} >= set(PLACES)
    for path in found:
        text = words(path)
        assert len(begun.findall(text)) == text.count(PROMISE), path


def test_no_place_claims_more() -> None:
    claims = {
        path.relative_to(ROOT).as_posix(): match[0]
        for path in spoken()
        if (match := CLAIMS.search(words(path)))
    }
    assert claims == {}
