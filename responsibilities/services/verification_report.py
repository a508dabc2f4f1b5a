"""What was checked in a workspace, and what does not fit."""

from __future__ import annotations

from dataclasses import dataclass, field

from responsibilities.models import Workspace

MOST_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that does not fit. `seq` is the event that it concerns, if it is one."""

    text: str
    seq: int | None = None

    def __str__(self) -> str:
        """Return it in one line."""
        return self.text if self.seq is None else f"event {self.seq}: {self.text}"


@dataclass
class Report:
    """What was checked in one workspace, and what does not fit."""

    workspace: Workspace
    checked: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    found: int = 0

    def fail(self, text: str, seq: int | None = None) -> None:
        """Note a problem; past the first hundred only their number."""
        self.found += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(text, seq))

    @property
    def first_bad(self) -> int | None:
        """The lowest sequence number that a problem names."""
        return min((p.seq for p in self.problems if p.seq is not None), default=None)
