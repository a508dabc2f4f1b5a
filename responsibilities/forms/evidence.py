"""Forms of evidence: a new piece, a new revision, title and dates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, override

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from responsibilities.choices import EvidenceKind
from responsibilities.forms.fields import DayField, NameField
from responsibilities.models import Item, Workspace
from responsibilities.services import uploads
from responsibilities.services.errors import InvalidError
from responsibilities.services.evidence import NewFile, NewLink, NewNote
from responsibilities.services.evidence_content import (
    NOTE_LENGTH,
    TITLE_LENGTH,
    Content,
    check_dates,
)
from responsibilities.validators import FILE_TYPES, LINK_LENGTH, kinds_taken

type Choices = list[tuple[str, list[tuple[str, str]]]]


def item_choices(workspace: Workspace) -> Choices:
    """Return the items of a workspace by section, as choices of a form. One query."""
    choices: dict[str, list[tuple[str, str]]] = {}
    for section, key, title in _in_order(Item.objects.filter(workspace=workspace)).values_list(
        "responsibility__section__title", "responsibility__key", "responsibility__title"
    ):
        choices.setdefault(section, []).append((key, f"{key} {title}"))
    return list(choices.items())


def _in_order(items: QuerySet[Item]) -> QuerySet[Item]:
    return items.order_by(
        "responsibility__section__position",
        "responsibility__section__key",
        "responsibility__position",
        "responsibility__key",
    )


class _FileDrop(forms.FileInput):
    """A field to drop a file on, or to choose one."""

    template_name = "evidence/_file_widget.html"

    @override
    def get_context(self, name: str, value: Any, attrs: Mapping[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, dict(attrs or {}))
        limit = settings.REXMATRIX_EVIDENCE_MAX_BYTES
        context["widget"] |= {"limit": limit, "limit_words": filesizeformat(limit)}
        context["widget"]["kinds"] = kinds_taken()
        context["widget"]["attrs"]["accept"] = ",".join(f".{ext}" for ext in FILE_TYPES)
        return context


class ItemPicker(forms.CheckboxSelectMultiple):
    """Items to tick, under the titles of their sections."""

    template_name = "evidence/_item_picker.html"


class DatesForm(forms.Form):
    """When evidence was collected, and until when it holds."""

    collected_on = DayField(
        label=_("Collected on"),
        help_text=_("The day it was made or taken."),
        initial=timezone.localdate,
    )
    valid_until = DayField(
        label=_("Valid until"),
        help_text=_("Empty if it does not expire."),
        required=False,
    )

    @override
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Let the browser offer no day in the future."""
        super().__init__(*args, **kwargs)
        self.fields["collected_on"].widget.attrs["max"] = timezone.localdate().isoformat()

    @override
    def clean(self) -> dict[str, Any]:
        """Check the dates as the services do, so that all errors are said at once."""
        values = self.cleaned_data
        if "collected_on" in values and "valid_until" in values:
            try:
                check_dates(values["collected_on"], values["valid_until"])
            except InvalidError as refusal:
                self.add_error(refusal.field, refusal.message)
        return values


class ContentForm(DatesForm):
    """A form with content of one kind. `content` gives what the services take."""

    kind: EvidenceKind

    def content(self) -> Content:
        """Return the content. Only after `is_valid`."""
        raise NotImplementedError


class FileForm(ContentForm):
    """A file."""

    kind = EvidenceKind.FILE
    file = forms.FileField(label=_("File"), widget=_FileDrop, allow_empty_file=True)

    def clean_file(self) -> UploadedFile[bytes]:
        """Check the file as the services do, so that all errors are said at once."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        try:
            uploads.check(file, file.name or "")
        except InvalidError as refusal:
            raise forms.ValidationError(refusal.message) from refusal
        return file

    @override
    def content(self) -> Content:
        file = self.cleaned_data["file"]
        return NewFile(file, file.name)


class LinkForm(ContentForm):
    """A link."""

    kind = EvidenceKind.LINK
    url = forms.URLField(
        label=_("Address"),
        help_text=_("Everybody in the workspace sees it. What is behind it is not kept here."),
        max_length=LINK_LENGTH,
        assume_scheme="https",
    )

    @override
    def content(self) -> Content:
        return NewLink(self.cleaned_data["url"])


class NoteForm(ContentForm):
    """A note."""

    kind = EvidenceKind.NOTE
    text = forms.CharField(
        label=_("Note"),
        help_text=_("Plain text. Line breaks are kept."),
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 8}),
    )

    @override
    def content(self) -> Content:
        return NewNote(self.cleaned_data["text"])


class AddForm(ContentForm):
    """What a new piece has beside its content: a title and the items it serves."""

    title = NameField(label=_("Title"), max_length=TITLE_LENGTH)
    items = forms.MultipleChoiceField(
        label=_("Serves these items"),
        help_text=_("One piece of evidence may serve several items. You can change this later."),
        widget=ItemPicker,
        required=False,
    )

    @override
    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        """Take the workspace, whose items are the choices."""
        super().__init__(*args, **kwargs)
        self.fields["items"].choices = item_choices(workspace)  # type: ignore[attr-defined]
        content = next(name for name in ("file", "url", "text") if name in self.fields)
        self.order_fields([content, "title", "collected_on", "valid_until", "items"])


class AddFileForm(FileForm, AddForm):
    """A new piece with a file."""

    title = NameField(
        label=_("Title"),
        help_text=_("Left empty, it is the name of the file."),
        max_length=TITLE_LENGTH,
        required=False,
    )
    even_if_there = forms.BooleanField(
        label=_("Add it once more, as a piece of its own"), required=False
    )


class AddLinkForm(LinkForm, AddForm):
    """A new piece with a link."""


class AddNoteForm(NoteForm, AddForm):
    """A new piece with a note."""


class EditForm(DatesForm):
    """Title and dates of a piece."""

    title = NameField(label=_("Title"), max_length=TITLE_LENGTH)
    field_order = ("title", "collected_on", "valid_until")


class LinkItemsForm(forms.Form):
    """More items that a piece shall serve."""

    keys = forms.MultipleChoiceField(
        label=_("Items"),
        widget=ItemPicker,
        error_messages={"required": _("Tick at least one item.")},
    )

    @override
    def __init__(self, *args: Any, choices: Choices, **kwargs: Any) -> None:
        """Take the items to choose from."""
        super().__init__(*args, **kwargs)
        self.fields["keys"].choices = choices  # type: ignore[attr-defined]


ADD_FORMS: Mapping[str, type[AddForm]] = {
    EvidenceKind.FILE: AddFileForm,
    EvidenceKind.LINK: AddLinkForm,
    EvidenceKind.NOTE: AddNoteForm,
}
REVISE_FORMS: Mapping[str, type[ContentForm]] = {
    EvidenceKind.FILE: FileForm,
    EvidenceKind.LINK: LinkForm,
    EvidenceKind.NOTE: NoteForm,
}
