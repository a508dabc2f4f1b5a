"""The cache of rendered parts: whole entries or none, bounded, safe for several writers."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from responsibilities.exchange.pdf.cache import PartCache, key_of
from responsibilities.exchange.pdf.jobs import Rendered, RenderJob

PART = Rendered(b"%PDF\n\x00\xff" * 100, 3, {"here": 0, "there": 2}, ("a warning",))
JOB = RenderJob("part", "<p>Text</p>", "p { color: red }")


def test_gives_back_what_was_put(tmp_path: Path) -> None:
    cache = PartCache(tmp_path / "new", 10_000)
    assert cache.get("a" * 64) is None
    cache.put("a" * 64, PART)
    assert cache.get("a" * 64) == PART
    assert cache.get("b" * 64) is None


def test_only_we_can_read_it(tmp_path: Path) -> None:
    cache = PartCache(tmp_path / "new", 10_000)
    cache.put("a", PART)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "new" / "a").stat().st_mode) == 0o600


def test_a_damaged_entry_counts_as_none(tmp_path: Path) -> None:
    cache = PartCache(tmp_path, 10_000)
    cache.put("a", PART)
    whole = (tmp_path / "a").read_bytes()
    for broken in (whole[:-1], whole[:40], b"", whole[:-1] + b"?"):
        (tmp_path / "a").write_bytes(broken)
        assert cache.get("a") is None


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    size = len(PART.pack()) + 32
    cache = PartCache(tmp_path, 3 * size)
    for position, name in enumerate("abc"):
        cache.put(name, PART)
        os.utime(tmp_path / name, (position, position))
    assert cache.get("a") == PART  # now b is the oldest
    cache.put("d", PART)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "c", "d"]


def test_many_writers_at_once(tmp_path: Path) -> None:
    size = len(PART.pack()) + 32

    def write(number: int) -> None:
        cache = PartCache(tmp_path, 4 * size)
        for step in range(30):
            cache.put(f"{(number + step) % 7}", PART)
            assert cache.get(f"{step % 7}") in (None, PART)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    PartCache(tmp_path, 4 * size).put("last", PART)
    names = [path.name for path in tmp_path.iterdir()]
    assert len(names) <= 4
    assert not any(name.startswith("new-") for name in names)


def test_everything_that_decides_the_bytes_is_in_the_key() -> None:
    keys = {
        key_of(JOB, "1"),
        key_of(JOB, "2"),
        key_of(replace(JOB, key="other"), "1"),
        key_of(replace(JOB, html="<p>Other</p>"), "1"),
        key_of(replace(JOB, sheet=""), "1"),
        key_of(replace(JOB, tagged=False), "1"),
        key_of(replace(JOB, html="", sheet=JOB.html + JOB.sheet), "1"),
    }
    assert len(keys) == 7
    assert key_of(JOB, "1") == key_of(RenderJob("part", "<p>Text</p>", "p { color: red }"), "1")
