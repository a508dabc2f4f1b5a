"""Writes the RACI PDF: decides the parts, has them rendered, and puts them together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from responsibilities.choices import Letter
from responsibilities.exchange.details import (
    ATTACHMENT_NAME,
    PROOF_NAME,
    Details,
    Watch,
    attachment,
)
from responsibilities.exchange.pdf import contexts, layout, releases, sheet, signing
from responsibilities.exchange.pdf.cache import PartCache, key_of
from responsibilities.exchange.pdf.contents import contents, edition_title, outline
from responsibilities.exchange.pdf.jobs import (
    Attached,
    Limits,
    MergeJob,
    MergePart,
    Rendered,
    RenderJob,
)
from responsibilities.exchange.pdf.pool import Pool
from responsibilities.exchange.pdf.signing import Signature
from responsibilities.matrix import Matrix

OPENING: Final = "opening"
RUNNING: Final = "running"
_OPENING_TRIES: Final = 4


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the file: its key, the title in its running head, and whether its pages lie."""

    key: str
    title: str
    html: str
    landscape: bool = False


def write(matrix: Matrix, details: Details, watch: Watch) -> bytes:
    """Return the PDF of a matrix, signed where a certificate is configured.

    Unsigned, the same matrix and details give the same bytes.

    Raises ExportError when rendering or signing fails or takes too long, ExportStoppedError when
    `watch` says that nobody waits any more.
    """
    with signing.explained():
        signature = signing.prepare()
    limits = Limits(
        memory_bytes=settings.REXMATRIX_PDF_MEMORY_BYTES,
        seconds=settings.REXMATRIX_EXPORT_SECONDS,
    )
    with Pool(
        workers=settings.REXMATRIX_PDF_WORKERS,
        limits=limits,
        seconds=settings.REXMATRIX_EXPORT_SECONDS,
        stopped=watch.stopped,
    ) as pool:
        file = _Writing(matrix, details, watch, pool, signature).file()
    if signature is not None:
        with signing.explained():
            file, notice = signature.sign(file)
        if notice:
            watch.notice(notice)
    return file


class _Writing:
    """One file on its way."""

    def __init__(
        self,
        matrix: Matrix,
        details: Details,
        watch: Watch,
        pool: Pool,
        signature: Signature | None,
    ) -> None:
        self.matrix = matrix
        self.details = details
        self.watch = watch
        self.pool = pool
        self.signature = signature
        self.attached = attachment(matrix)
        self.facts = contexts.facts(matrix, details, self.attached)
        self.sheet = sheet.render(details.paper)
        self.sections = contexts.numbered(matrix, details)
        self.parts = tuple(self._parts())
        self.done = 0
        self.steps = len(self.parts) + 3  # and the running heads, the opening, the merge

    def file(self) -> bytes:
        """Render what is not in the cache, and return the whole."""
        jobs = [RenderJob(part.key, part.html, self.sheet) for part in self.parts]
        jobs.append(self._running_heads())
        rendered = self._rendered(jobs)
        opening = self._opening(rendered)
        self._step()
        job = MergeJob(
            parts=(
                MergePart(opening.data, 0),
                *(
                    MergePart(rendered[part.key].data, head)
                    for head, part in enumerate(self.parts, start=1)
                ),
            ),
            running=rendered[RUNNING].data,
            outline=tuple(outline(self.sections, self.details)),
            labels={f"item-{row.key}": f"{row.key} {row.title}" for row in self.matrix.rows},
            page_words=_("Page {page} of {pages}"),
            signature=self.signature.place() if self.signature else None,
        )
        file = self.pool.run_one("merge", job)
        self._step()
        return file

    def _parts(self) -> Iterator[Part]:
        matrix = self.matrix
        if self.details.revisions:
            title = edition_title(self.details)
            yield self._part("release", title, releases.release_part(matrix, self.details))
        yield self._part("guide", _("How to read it"), contexts.guide(matrix))
        yield self._part("teams", _("Parties, teams and people"), contexts.teams(matrix))
        yield self._part("summary", _("Summary"), contexts.summary(matrix, self.sections))
        yield self._part("findings", _("Gaps and findings"), contexts.findings(matrix))
        names = [team.name for team in matrix.teams]
        columns = layout.matrix_columns(self.details.paper, names, len(matrix.seats))
        for number, group in enumerate(contexts.matrix_groups(self.sections), start=1):
            context = contexts.matrix_part(matrix, group, columns)
            yield self._part("matrix", _("Matrix"), context, number=number, landscape=True)
        for section in self.sections:
            title = _("Items · %(section)s") % {"section": section.title}
            context = contexts.items_part(section)
            yield self._part("items", title, context, number=section.number)
        evidence, signoffs = contexts.evidence(matrix), contexts.signoffs(matrix)
        yield self._part("evidence", _("Register of evidence"), evidence, landscape=True)
        yield self._part("signoffs", _("Register of sign-offs"), signoffs, landscape=True)
        file = {**self.facts, "signature": self.signature}
        yield self._part("file", _("About this file"), file)

    def _part(
        self,
        name: str,
        title: str,
        context: Mapping[str, Any],
        *,
        number: int = 0,
        landscape: bool = False,
    ) -> Part:
        html = render_to_string(f"pdf/{name}.html", {**context, "title": title})
        return Part(f"{name}{number or ''}", title, html, landscape)

    def _running_heads(self) -> RenderJob:
        version = self.matrix.workspace.model_version
        parts = [(_("Contents"), False, False)]
        parts += [(p.title, p.landscape, p.key.startswith("matrix")) for p in self.parts]
        heads = [
            layout.running_head(
                self.details.paper,
                name=self.matrix.workspace.name,
                title=title,
                model=f"{version.model.title} {version.label}",
                landscape=landscape,
                with_letters=with_letters,
            )
            for title, landscape, with_letters in parts
        ]
        context = {**self.facts, "heads": heads, "letters": list(Letter)}
        html = render_to_string("pdf/running.html", context)
        return RenderJob(RUNNING, html, self.sheet, tagged=False)

    def _rendered(self, jobs: Sequence[RenderJob]) -> dict[str, Rendered]:
        """Return the parts by key, from the cache or rendered now."""
        cache = PartCache(
            Path(settings.REXMATRIX_PDF_CACHE_DIR), settings.REXMATRIX_PDF_CACHE_BYTES
        )
        versions = self.pool.versions()
        names = {job.key: key_of(job, versions) for job in jobs}
        found: dict[str, Rendered] = {}
        missing: dict[str, RenderJob] = {}
        for job in jobs:
            part = cache.get(names[job.key])
            if part is None:
                missing[job.key] = job
            else:
                found[job.key] = part
                self._step()

        def keep(key: str, answer: bytes) -> None:
            found[key] = Rendered.unpack(answer)
            cache.put(names[key], found[key])
            self._step()

        self.pool.run(missing, keep)
        return found

    def _opening(self, rendered: Mapping[str, Rendered]) -> Rendered:
        """Render cover and contents; again if they take other than the expected pages.

        The numbers in the contents depend on how many pages the contents take.
        """
        pages = 2
        for _try in range(_OPENING_TRIES):
            parts = [(part.key, rendered[part.key]) for part in self.parts]
            lines = contents(self.sections, self.details, parts, pages)
            opening = Rendered.unpack(self.pool.run_one(OPENING, self._opening_job(lines)))
            if opening.pages == pages:
                return opening
            pages = opening.pages
        msg = "the contents do not settle on a number of pages"
        raise RuntimeError(msg)

    def _opening_job(self, lines: Sequence[object]) -> RenderJob:
        created = self.details.created_at
        html = render_to_string(
            "pdf/opening.html",
            {
                **self.facts,
                "lines": lines,
                "title": self.facts["file_title"],
                "created": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "author": self.facts["author"],
                "description": self.facts["file_description"],
            },
        )
        file = Attached(
            ATTACHMENT_NAME, self.attached.data, _("The matrix as canonical JSON"), created
        )
        files = [file]
        if self.details.proof:
            words = _("What the offline verifier needs")
            files.append(Attached(PROOF_NAME, self.details.proof, words, created))
        return RenderJob(OPENING, html, self.sheet, attached=tuple(files))

    def _step(self) -> None:
        self.done += 1
        self.watch.progress(self.done, self.steps)
