"""The form of the page that checks a file: the file, and what the visitor kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, override

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from responsibilities.notes import Checkpoint, NoteError, VerifierKey

MOST_CHECKPOINTS = 20
CHECKPOINT_BYTES = 64 * 1024
KEY_LENGTH = 500


class _FileDrop(forms.FileInput):
    """A place to drop a file on, or to choose one."""

    template_name = "verify/_file_widget.html"

    @override
    def get_context(self, name: str, value: Any, attrs: Mapping[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, dict(attrs or {}))
        limit = settings.REXMATRIX_VERIFY_MAX_BYTES
        context["widget"] |= {"limit": limit, "limit_words": filesizeformat(limit)}
        context["widget"]["attrs"]["accept"] = ".pdf,.zip,application/pdf,application/zip"
        return context


class _SeveralFiles(forms.FileInput):
    """A field for several files at once."""

    allow_multiple_selected = True

    @override
    def value_from_datadict(
        self, data: Mapping[str, Any], files: MultiValueDict[str, UploadedFile[bytes]], name: str
    ) -> Any:
        """Return the chosen files, or None."""
        return files.getlist(name) or None


class CheckpointsField(forms.FileField):
    """Checkpoints that somebody kept, each a small text file. Gives the notes."""

    @override
    def clean(self, data: Any, initial: Any = None) -> Any:
        """Return the notes of all files. Raises ValidationError for a file that is none."""
        files: Sequence[UploadedFile[bytes]] = data or ()
        if len(files) > MOST_CHECKPOINTS:
            raise forms.ValidationError(
                _("At most %(most)d checkpoints at once. The newest one you kept is enough.")
                % {"most": MOST_CHECKPOINTS}
            )
        return tuple(_note(super(CheckpointsField, self).clean(file)) for file in files)


def _note(file: UploadedFile[bytes]) -> str:
    """Return the note in a file, with the line ends that notes have."""
    wrong = forms.ValidationError(
        _(
            "“%(name)s” is no checkpoint. A checkpoint is a text file of a few lines, as you "
            "downloaded it or got it by mail."
        )
        % {"name": file.name}
    )
    if (file.size or 0) > CHECKPOINT_BYTES:
        raise wrong
    try:
        text: str = file.read().decode("utf-8-sig").replace("\r\n", "\n").rstrip("\n") + "\n"
        body, _blank, signatures = text.partition("\n\n")
        Checkpoint.parse(body + "\n")
    except (UnicodeDecodeError, NoteError) as bad:
        raise wrong from bad
    if not signatures.startswith("— "):
        raise wrong
    return text


class VerifyForm(forms.Form):
    """A file to check, and optionally a key and checkpoints that the visitor kept."""

    file = forms.FileField(
        label=gettext_lazy("The file"),
        widget=_FileDrop,
        error_messages={
            "required": gettext_lazy("Choose a PDF or a bundle."),
            "empty": gettext_lazy("This file is empty. Choose another one."),
        },
    )
    checkpoints = CheckpointsField(
        label=gettext_lazy("Checkpoints that you kept"),
        help_text=gettext_lazy(
            "Text files. They show whether the log was rewritten since you got them."
        ),
        required=False,
        widget=_SeveralFiles(attrs={"accept": ".txt,text/plain"}),
    )
    key = forms.CharField(
        label=gettext_lazy("Verifier key"),
        help_text=gettext_lazy(
            "As you received it in another way than the file: name+id+base64, in one line."
        ),
        required=False,
        max_length=KEY_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_file(self) -> UploadedFile[bytes]:
        """Refuse a file above the limit; what is above it was not kept."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        most = settings.REXMATRIX_VERIFY_MAX_BYTES
        if (file.size or 0) > most:
            raise forms.ValidationError(
                _(
                    "This file has %(size)s; at most %(most)s can be checked here. Check it "
                    "offline with verify_rexmatrix.py: it takes larger ones."
                )
                % {"size": filesizeformat(file.size or 0), "most": filesizeformat(most)}
            )
        return file

    def clean_key(self) -> str:
        """Refuse a text that is no verifier key."""
        text: str = self.cleaned_data["key"]
        try:
            return str(VerifierKey.parse(text)) if text else ""
        except NoteError as bad:
            raise forms.ValidationError(
                _("This is no verifier key. One looks like name+1a2b3c4d+base64.")
            ) from bad

    @property
    def has_kept(self) -> bool:
        """Whether a key or a checkpoint was given, or one of both refused."""
        return self.is_bound and any(
            self[name].errors or self[name].data for name in ("checkpoints", "key")
        )
