"""Canonical JSON: one byte form, and nothing without one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responsibilities import canonical

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(max_codepoint=127), max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


def test_keys_are_sorted_and_white_space_is_gone() -> None:
    assert (
        canonical.dumps({"b": 1, "a": [True, None, "é"]}) == '{"a":[true,null,"é"],"b":1}'.encode()
    )


def test_composed_and_decomposed_text_are_the_same() -> None:
    assert canonical.sha256_hex("e\u0301") == canonical.sha256_hex("\u00e9")


@given(VALUES)
def test_canonical_bytes_are_a_fixed_point(value: canonical.Json) -> None:
    once = canonical.dumps(value)
    assert canonical.dumps(canonical.loads(once)) == once


@pytest.mark.parametrize("value", [1.5, 2**53, {"é": 1}, {1: 2}, b"x", {"a": {1.0}}])
def test_values_without_a_canonical_form_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"canonical|ASCII|range"):
        canonical.dumps(value)  # type: ignore[arg-type]
