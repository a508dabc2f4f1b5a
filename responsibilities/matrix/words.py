"""Two editions of a text, put together word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

_TOKENS = re.compile(r"\w+(?:[./:-]\w+)*|\s+|[^\w\s]")
_MOST_TOKENS = 1500  # comparing takes quadratic time
_ALIKE = 0.5
_CONTEXT = 60


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text that both editions have, or only the old or the new one."""

    kind: Literal["same", "old", "new"]
    text: str


def runs(old: str, new: str) -> list[Run]:
    """Return both editions as one sequence of runs; long stretches in common are shortened.

    Texts that have little in common, or are very long, come out as one old and one new run.
    """
    before, after = _TOKENS.findall(old), _TOKENS.findall(new)
    whole = [Run("old", old)] * bool(old) + [Run("new", new)] * bool(new)
    if not old or not new or len(before) + len(after) > 2 * _MOST_TOKENS:
        return whole
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    is_longer = new.startswith(old) or new.endswith(old)  # something was added to all of it
    if len(before) < 4 or (matcher.ratio() < _ALIKE and not is_longer):
        return whole
    return list(_merged(matcher, before, after))


def _merged(matcher: SequenceMatcher[str], before: list[str], after: list[str]) -> Iterator[Run]:
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            yield Run("same", _short("".join(before[i:j])))
            continue
        if i < j:
            yield Run("old", "".join(before[i:j]))
        if k < m:
            yield Run("new", "".join(after[k:m]))


def _short(text: str) -> str:
    if len(text) <= 3 * _CONTEXT:
        return text
    return f"{text[:_CONTEXT].rstrip()} … {text[-_CONTEXT:].lstrip()}"
