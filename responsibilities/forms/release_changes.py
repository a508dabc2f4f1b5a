"""Which two editions to compare, and what of their differences to show."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from responsibilities.choices import ReleaseStatus
from responsibilities.matrix.release_changes import Aspect
from responsibilities.matrix.releases import NUMBER, ReleaseInfo

DRAFT = "draft"


class ChangesForm(forms.Form):
    """Two editions: any two releases or proposals, or one of them and the draft.

    Without a choice it compares the release in force with the draft; before there is one, the
    newest proposal. `unknown` says, after `is_valid`, that what was asked for looks like a
    release and is none.
    """

    def __init__(self, query: QueryDict, *, infos: Sequence[ReleaseInfo]) -> None:
        """Take what stands in the address, and all releases, the newest first."""
        first = next((i for i in infos if i.status == ReleaseStatus.CURRENT), infos[0])
        data = {
            "from": query.get("from") or first.number,
            "to": query.get("to") or DRAFT,
        }
        super().__init__(data, auto_id="edition_%s")
        choices = [(DRAFT, _("Present draft")), *((i.number, _words(i)) for i in infos)]
        self.fields["from"] = _edition(_("From"), choices)
        self.fields["to"] = _edition(_("To"), choices)
        wanted = set(query.getlist("about"))
        self.aspects = tuple(aspect for aspect in Aspect if aspect.value in wanted)

    @property
    def unknown(self) -> bool:
        """Whether an edition that was asked for has the form of a number, but is not there."""
        return all(re.fullmatch(NUMBER, str(self.data[name])) for name in self.errors)

    @property
    def chosen(self) -> tuple[str, str]:
        """The two editions by number or "draft", after `is_valid`."""
        return self.cleaned_data["from"], self.cleaned_data["to"]


def _edition(label: str, choices: list[tuple[str, str]]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=choices,
        error_messages={"invalid_choice": _("There is no release “%(value)s” here.")},
    )


def _words(info: ReleaseInfo) -> str:
    """Return a release as it stands in a choice: its number and its status."""
    number = _("Release %(number)s") % {"number": info.number}
    return f"{number} · {info.status.label}"
