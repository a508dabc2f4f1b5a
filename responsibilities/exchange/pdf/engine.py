"""Renders one part with WeasyPrint. Runs in a process of its own, without Django.

The file follows PDF/A-3a (ISO 19005-3) and PDF/UA-1 (ISO 14289-1) as far as WeasyPrint writes
them, with the gaps filled here: scopes of header cells, ids that stay unique when parts are
merged, and the second claim in the metadata.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol, override

import pydyf
import weasyprint
from fontTools import version as fonttools_version
from weasyprint.text.ffi import ffi, fontconfig, pango
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from responsibilities.exchange.pdf import fonts, patches, structure
from responsibilities.exchange.pdf.jobs import Attached, Rendered, RenderJob

VARIANT: Final = "pdf/a-3a"
_SHEETS_KEPT: Final = 4

# What WeasyPrint warns of when no font has a character (ISO 19005-3, 6.2.11.8).
_MISSING: Final = re.compile(r"^\.notdef glyph .*\(U\+([0-9A-F]+)\)$", re.DOTALL)
_REPLACEMENT: Final = "\ufffd"

# PDF/UA-1 identification with the extension schema that PDF/A wants for it (ISO 19005-3, 6.6.2.3).
_UA_CLAIM: Final = (
    b'<rdf:Description xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" rdf:about="" '
    b'pdfuaid:part="1"/><rdf:Description rdf:about="" '
    b'xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" '
    b'xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" '
    b'xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#"><pdfaExtension:schemas><rdf:Bag>'
    b'<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>PDF/UA identification'
    b"</pdfaSchema:schema><pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/"
    b"</pdfaSchema:namespaceURI><pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>"
    b'<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">'
    b"<pdfaProperty:name>part</pdfaProperty:name>"
    b"<pdfaProperty:valueType>Integer</pdfaProperty:valueType>"
    b"<pdfaProperty:category>internal</pdfaProperty:category>"
    b"<pdfaProperty:description>PDF/UA part</pdfaProperty:description></rdf:li></rdf:Seq>"
    b"</pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"
)


class _Metadata(Protocol):
    """What WeasyPrint knows about a document."""

    attachments: list[weasyprint.Attachment]
    generate_rdf_metadata: Callable[..., bytes]


class _Page(Protocol):
    """A page of WeasyPrint."""

    anchors: Mapping[str, object]


class _Document(Protocol):
    """A document that WeasyPrint has laid out."""

    metadata: _Metadata
    pages: Sequence[_Page]

    def write_pdf(self, **options: object) -> bytes:
        """Return the file."""


class RefusedAddressError(ValueError):
    """Something on a page asked for an address that is not one of our own assets."""


class OwnAssets(URLFetcher):  # type: ignore[misc]  # an untyped library
    """Answers with our own fonts and refuses every other address, whatever its scheme."""

    def __init__(self) -> None:
        """Open no protocol at all."""
        super().__init__(allowed_protocols=(), allow_redirects=False)

    @override
    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        """Return the font of this address. Raises RefusedAddressError for anything else."""
        name = url.removeprefix(fonts.SCHEME)
        if not url.startswith(fonts.SCHEME) or name not in {face for _, _, face in fonts.FACES}:
            msg = f"refused to fetch {url[:200]!r}"
            raise RefusedAddressError(msg)
        return URLFetcherResponse(url, fonts.read(name), {"Content-Type": "font/ttf"})


class _Collector(logging.Handler):
    """Keeps what WeasyPrint warns of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def versions() -> str:
    """Return the versions of all that decides how a page comes out."""
    return (
        f"weasyprint {weasyprint.__version__}, pydyf {pydyf.VERSION}, "
        f"fontTools {fonttools_version}, pango {pango.pango_version()}, fonts {fonts.digest()}, "
        f"{_system_fonts()} fonts of the system"
    )


def _system_fonts() -> int:
    """Count the fonts that stand in for characters that ours do not have."""
    found = fontconfig.FcConfigGetFonts(ffi.NULL, fontconfig.FcSetSystem)
    return 0 if found == ffi.NULL else int(found.nfont)


class Engine:
    """A warm WeasyPrint: fonts loaded once, style sheets parsed once."""

    def __init__(self) -> None:
        """Load the fonts."""
        patches.apply()
        self._fetcher = OwnAssets()
        self._fonts = FontConfiguration()
        self._sheets: dict[str, weasyprint.CSS] = {}
        weasyprint.CSS(
            string=fonts.face_rules(), font_config=self._fonts, url_fetcher=self._fetcher
        )

    def render(self, job: RenderJob) -> Rendered:
        """Render one part. A character that no font has becomes U+FFFD: PDF/A forbids its box."""
        rendered = self._render(job)
        missing = {
            int(found[1], 16) for text in rendered.warnings if (found := _MISSING.search(text))
        }
        if missing:
            table = dict.fromkeys(missing, _REPLACEMENT)
            rendered = self._render(replace(job, html=job.html.translate(table)))
        return rendered

    def _render(self, job: RenderJob) -> Rendered:
        collector = _Collector()
        logger = logging.getLogger("weasyprint")
        logger.addHandler(collector)
        try:
            page = weasyprint.HTML(string=job.html, url_fetcher=self._fetcher)
            document: _Document = page.render(
                font_config=self._fonts, stylesheets=[self._sheet(job.sheet)]
            )
            data = _write(document, job)
        finally:
            logger.removeHandler(collector)
        anchors: dict[str, int] = {}
        for number, laid_out in enumerate(document.pages):
            for name in laid_out.anchors:
                anchors.setdefault(name, number)
        return Rendered(data, len(document.pages), anchors, tuple(collector.messages))

    def _sheet(self, text: str) -> weasyprint.CSS:
        if text not in self._sheets:
            if len(self._sheets) >= _SHEETS_KEPT:
                self._sheets.clear()
            self._sheets[text] = weasyprint.CSS(
                string=text, font_config=self._fonts, url_fetcher=self._fetcher
            )
        return self._sheets[text]


def _write(document: _Document, job: RenderJob) -> bytes:
    if not job.tagged:
        return document.write_pdf()
    _claim_ua(document.metadata)
    document.metadata.attachments = [_attachment(file) for file in job.attached]

    def finish(_document: object, pdf: structure.PdfFile) -> None:
        structure.finish(pdf, job.key)

    return document.write_pdf(pdf_variant=VARIANT, finisher=finish)


def _claim_ua(metadata: _Metadata) -> None:
    """Add the PDF/UA claim to the metadata; WeasyPrint writes one variant per file only."""
    original = metadata.generate_rdf_metadata

    def with_claim(*args: object) -> bytes:
        return original(*args).replace(b"</rdf:RDF>", _UA_CLAIM + b"</rdf:RDF>")

    metadata.generate_rdf_metadata = with_claim


def _attachment(file: Attached) -> weasyprint.Attachment:
    return weasyprint.Attachment(
        string=file.data,
        name=file.name,
        description=file.description,
        relationship="Data",
        created=file.created_at,
        modified=file.created_at,
    )
