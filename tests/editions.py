"""Comparing editions in tests, every time both ways, live and frozen."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from responsibilities import canonical, matrix
from responsibilities.matrix import Matrix
from responsibilities.matrix.release_changes import Comparison, compare_editions
from responsibilities.models import Workspace
from responsibilities.services import assignments
from tests.world import World


def now(world: World) -> Matrix:
    """Return the matrix as it is now, with its workspace as it is now."""
    return matrix.load(Workspace.objects.with_catalog().get(pk=world.workspace.pk))


def restored(grid: Matrix) -> Matrix:
    """Return a matrix as it comes back from a release."""
    return matrix.restore(grid.workspace, canonical.dumps(matrix.document(grid)))


def said(comparison: Comparison) -> list[tuple[str, str, str, str, str]]:
    """Return what differs in the items: key, aspect, field, old and new."""
    return [
        (item.key, d.aspect.value, str(d.difference.field), d.difference.old, d.difference.new)
        for item in comparison.items
        for d in item.differences
    ]


def framed(comparison: Comparison) -> list[tuple[str, str, str]]:
    """Return what differs in the frame: field, old and new."""
    return [(str(d.field), d.old, d.new) for d in comparison.frame]


def after(world: World, change: Callable[[], object]) -> Comparison:
    """Return what a change changed; the same has to be found the other way round, and frozen."""
    old = now(world)
    change()
    new = now(world)
    forth, back = compare_editions(old, new), compare_editions(new, old)
    assert sorted((k, a, o, n) for k, a, _f, o, n in said(forth)) == sorted(
        (k, a, n, o) for k, a, _f, o, n in said(back)
    )
    assert sorted((o, n) for _f, o, n in framed(forth)) == sorted(
        (n, o) for _f, o, n in framed(back)
    )
    assert (forth.same, forth.renamed) == (back.same, back.renamed)
    frozen = compare_editions(restored(old), restored(new))
    assert (said(frozen), framed(frozen)) == (said(forth), framed(forth))
    assert compare_editions(new, new).is_empty
    return forth


def set_letters(world: World, team: str, key: str, letters: Mapping[str, str | None]) -> None:
    """Give a team these letters on an item; a letter may name a person by role."""
    side = team.replace("Party ", "party")[:6]
    assignments.set_cells(
        actor=world.actor(side),
        workspace=world.workspace,
        key=key,
        seen_version=world.item(key).version,
        cells={
            world.team(team).pk: {
                letter: world.user(side, role).pk if role else None
                for letter, role in letters.items()
            }
        },
    )
