"""What a revision of evidence holds, checked and ready to be saved: file, link or note."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.files.base import File
from django.utils import timezone
from django.utils.translation import gettext as _

from responsibilities.choices import EvidenceKind
from responsibilities.models import EvidenceRevision
from responsibilities.services import audit, uploads
from responsibilities.services.errors import InvalidError, refusing
from responsibilities.services.items import clean_text
from responsibilities.validators import clean_link, clean_name

TITLE_LENGTH = 200
NOTE_LENGTH = 20_000


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file as it was handed in, with the name that the person's computer gave it."""

    file: File[bytes]
    name: str


@dataclass(frozen=True, slots=True)
class NewLink:
    """An address."""

    url: str


@dataclass(frozen=True, slots=True)
class NewNote:
    """A plain text."""

    text: str


type Content = NewFile | NewLink | NewNote

CONTENT_FIELD = {EvidenceKind.FILE: "file", EvidenceKind.LINK: "url", EvidenceKind.NOTE: "text"}
"""The name of the form's field that holds the content, by kind."""


def check_dates(collected_on: dt.date, valid_until: dt.date | None) -> None:
    """Raise InvalidError for a day in the future, or a validity that ends before it begins."""
    if collected_on > timezone.localdate():
        raise InvalidError(
            _("Evidence cannot be collected in the future. Give the day it was collected."),
            field="collected_on",
        )
    if valid_until is not None and valid_until <= collected_on:
        raise InvalidError(
            _("“Valid until” has to be after the day it was collected."), field="valid_until"
        )


def clean_title(title: str) -> str:
    """Return the title as it is kept (see `clean_name`). Raises InvalidError."""
    with refusing("title"):
        title = clean_name(title)
    if not title:
        raise InvalidError(_("Give it a title that others will recognise."), field="title")
    if len(title) > TITLE_LENGTH:
        message = _("The title is too long: at most %(limit)s characters.")
        raise InvalidError(message % {"limit": TITLE_LENGTH}, field="title")
    return title


def kind_of(content: Content) -> EvidenceKind:
    """Return the kind of evidence that this content makes."""
    if isinstance(content, NewFile):
        return EvidenceKind.FILE
    return EvidenceKind.LINK if isinstance(content, NewLink) else EvidenceKind.NOTE


@contextmanager
def material(content: Content) -> Iterator[EvidenceRevision]:
    """Give an unsaved revision with the content in it. Raises InvalidError.

    A file is in the storage then, and removed again if the block raises.
    """
    if isinstance(content, NewFile):
        with uploads.stored(content.file, content.name) as stored:
            yield EvidenceRevision(
                file=stored.name,
                file_name=stored.file_name,
                sha256=stored.sha256,
                size=stored.size,
                media_type=stored.media_type,
            )
    elif isinstance(content, NewLink):
        with refusing("url"):
            url = clean_link(content.url)
        yield _text_revision(url, "text/uri-list", url=url)
    else:
        text = clean_text(content.text)
        if not text or len(text) > NOTE_LENGTH or "\x00" in text:
            message = _("Write a note of at most %(limit)s characters.")
            raise InvalidError(message % {"limit": NOTE_LENGTH}, field="text")
        yield _text_revision(text, "text/plain", text=text)


def _text_revision(
    value: str, media_type: str, *, url: str = "", text: str = ""
) -> EvidenceRevision:
    raw = value.encode()
    return EvidenceRevision(
        url=url,
        text=text,
        sha256=hashlib.sha256(raw).hexdigest(),
        size=len(raw),
        media_type=media_type,
    )


def changes_between(old: EvidenceRevision | None, new: EvidenceRevision) -> list[audit.Change]:
    """Return what the audit log says about a new revision."""
    values = (
        ("file", "file_name"),
        ("address", "url"),
        ("note", "text"),
        ("SHA-256", "sha256"),
        ("size", "size"),
        ("collected on", "collected_on"),
        ("valid until", "valid_until"),
    )
    pairs = (
        (label, words(getattr(old, name)) if old else "", words(getattr(new, name)))
        for label, name in values
    )
    return [audit.Change(label, was, now) for label, was, now in pairs if was != now]


def words(value: object) -> str:
    """Return a value as the audit log shows it."""
    return "" if value is None else str(value)
