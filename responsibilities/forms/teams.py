"""Forms of teams: name, people, and where the letters go when a team is archived."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from responsibilities.forms.fields import NameField
from responsibilities.matrix import TeamColumn
from responsibilities.models import Membership
from responsibilities.services.teams import DESCRIPTION_LENGTH, NAME_LENGTH

NOWHERE = "nowhere"


class TeamForm(forms.Form):
    """Name and description of a team."""

    name = NameField(
        label=_("Name"),
        max_length=NAME_LENGTH,
        help_text=_("As people call it. It heads a column of the matrix."),
        error_messages={"required": _("Give the team a name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    description = NameField(
        label=_("Description"),
        max_length=DESCRIPTION_LENGTH,
        required=False,
        help_text=_("What it looks after, and how to reach it."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class TeamPeopleForm(forms.Form):
    """Who is on a team. `joining` and `leaving` are what the person changed, nothing else.

    The form carries who was on the team when it was shown, so that somebody who was put on it
    meanwhile is not taken off again.
    """

    members = forms.MultipleChoiceField(
        label=_("People on the team"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        show_hidden_initial=True,
    )

    def __init__(self, *args: Any, members: Iterable[Membership], **kwargs: Any) -> None:
        """Take the members of the team's side."""
        super().__init__(*args, **kwargs)
        field = cast("forms.MultipleChoiceField", self.fields["members"])
        field.choices = [
            (str(member.pk), f"{member.user.name} ({member.get_role_display()})")
            for member in members
        ]

    @property
    def joining(self) -> set[uuid.UUID]:
        """Membership ids that were ticked."""
        return self._ids(self.cleaned_data["members"]) - self._shown

    @property
    def leaving(self) -> set[uuid.UUID]:
        """Membership ids whose tick was taken away."""
        return self._shown - self._ids(self.cleaned_data["members"])

    @property
    def _shown(self) -> set[uuid.UUID]:
        known = {value for value, _label in cast("Any", self.fields["members"]).choices}
        sent = cast("QueryDict", self.data).getlist(self.add_initial_prefix("members"))
        return self._ids(value for value in sent if value in known)

    @staticmethod
    def _ids(values: Iterable[str]) -> set[uuid.UUID]:
        return {uuid.UUID(value) for value in values}


class TeamArchiveForm(forms.Form):
    """Where the letters of a team go when it is archived."""

    to = forms.ChoiceField(
        label=_("Where do its letters go?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a team, or nowhere.")},
    )

    def __init__(self, *args: Any, teams: Iterable[TeamColumn], **kwargs: Any) -> None:
        """Take the teams of the side, without the one that goes."""
        super().__init__(*args, **kwargs)
        cast("forms.ChoiceField", self.fields["to"]).choices = [
            *((str(team.id), _("To “%(team)s”") % {"team": team.name}) for team in teams),
            (NOWHERE, _("Nowhere: they are taken away")),
        ]

    @property
    def target(self) -> uuid.UUID | None:
        """Id of the team that takes the letters, or None for nowhere."""
        chosen = self.cleaned_data["to"]
        return None if chosen == NOWHERE else uuid.UUID(chosen)


class TeamRestoreForm(forms.Form):
    """The name under which an archived team comes back."""

    name = NameField(
        label=_("Name"),
        max_length=NAME_LENGTH,
        help_text=_("Change it if the side has another team with this name now."),
        error_messages={"required": _("Give the team a name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
