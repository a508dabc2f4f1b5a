"""Makes one tagged file of all parts. Runs in a process of its own, without Django.

Plain appending of pages loses tags, links, bookmarks and metadata. Here the first part is the
file that grows: pages are appended, each structure tree becomes a section of the one document
element, and numbers that were unique per part are counted on (ISO 32000-1, 14.7).
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Page, Pdf, String

from responsibilities.exchange.pdf import field
from responsibilities.exchange.pdf.jobs import (
    MergeJob,
    MergePart,
    OutlineEntry,
    SignaturePlace,
)
from responsibilities.exchange.pdf.stamp import Stamper

LINK_SCHEME: Final = "rex:"


def merge(job: MergeJob) -> bytes:
    """Return the bytes of the finished file. The same job gives the same bytes."""
    first, *others = job.parts
    target = pikepdf.open(io.BytesIO(first.data))
    structure = _Structure(target)
    destinations = dict(_destinations(target))
    pages_of: list[tuple[MergePart, list[Page]]] = [(first, list(target.pages))]
    sources = []  # a source has to stay open until the file is saved
    for part in others:
        source = pikepdf.open(io.BytesIO(part.data))
        sources.append(source)
        before = len(target.pages)
        target.pages.extend(source.pages)
        pages = list(target.pages)[before:]
        pages_of.append((part, pages))
        structure.append(source, pages)
        destinations |= dict(_destinations(source, into=target))
    if job.signature is not None:
        structure.sign(job.signature)
    structure.finish()
    _write_destinations(target, destinations)
    _resolve_links(target, destinations, job.labels)
    _write_outline(target, job.outline, destinations)
    _stamp(target, pages_of, job)
    _set_catalog(target)
    file = io.BytesIO()
    target.save(file, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return file.getvalue()


class _Structure:
    """The structure tree of the file while parts are added to it."""

    def __init__(self, target: Pdf) -> None:
        self.target = target
        self.root = target.Root.StructTreeRoot
        self.document = self.root.K[0]
        self.numbers = list(_items(self.root.ParentTree.Nums))
        self.next = self._after(self.numbers)

    @staticmethod
    def _after(numbers: Sequence[Object]) -> int:
        return max((int(number) for number in numbers[::2]), default=-1) + 1

    def append(self, source: Pdf, pages: Sequence[Page]) -> None:
        """Take over the structure of a part whose pages are already in the file."""
        root = self.target.copy_foreign(source.Root.StructTreeRoot)
        element = root.K[0]
        element.S = Name.Sect
        element.P = self.document
        self.document.K.append(element)
        numbers = list(_items(root.ParentTree.Nums))
        for number, parents in zip(numbers[::2], numbers[1::2], strict=True):
            self.numbers += [int(number) + self.next, parents]  # type: ignore[list-item]
        for page in pages:
            if "/StructParents" in page.obj:
                page.obj.StructParents = int(page.obj.StructParents) + self.next
            for annotation in _annotations(page):
                if "/StructParent" in annotation:
                    annotation.StructParent = int(annotation.StructParent) + self.next
        self.next += self._after(numbers)

    def sign(self, place: SignaturePlace) -> None:
        """Add the field of a signature to the last page."""
        page = self.target.pages[-1]
        element = field.add(self.target, page, place, self.document.K[-1], self.next)
        self.numbers += [self.next, element]  # type: ignore[list-item]
        self.next += 1

    def finish(self) -> None:
        """Write the parent tree of the whole file."""
        self.root.ParentTree.Nums = Array(self.numbers)
        self.root.ParentTreeNextKey = self.next


def _items(array: Object) -> Iterator[Object]:
    return iter(array)


def _annotations(page: Page) -> Iterator[Object]:
    return _items(page.obj.get("/Annots", Array()))


def _destinations(source: Pdf, into: Pdf | None = None) -> Iterator[tuple[str, Object]]:
    """Yield the named destinations of a part, as objects of the file `into`."""
    names = source.Root.get("/Names")
    if names is None or "/Dests" not in names:
        return
    found = names.Dests.Names
    if into is not None:
        found = into.copy_foreign(source.make_indirect(found))
    flat = list(_items(found))
    for name, destination in zip(flat[::2], flat[1::2], strict=True):
        yield str(name), destination


def _write_destinations(target: Pdf, destinations: Mapping[str, Object]) -> None:
    flat = Array()
    for name in sorted(destinations, key=lambda text: bytes(String(text))):
        flat.append(String(name))
        flat.append(destinations[name])
    if "/Names" not in target.Root:
        target.Root.Names = target.make_indirect(Dictionary())
    target.Root.Names.Dests = target.make_indirect(Dictionary(Names=flat))


def _resolve_links(
    target: Pdf, destinations: Mapping[str, Object], labels: Mapping[str, str]
) -> None:
    """Turn addresses of our own scheme into links within the file.

    Raises KeyError for a link to nowhere: that is an error of ours, never of the content.
    """
    for page in target.pages:
        for annotation in _annotations(page):
            action = annotation.get("/A")
            if action is None or not str(action.get("/URI", "")).startswith(LINK_SCHEME):
                continue
            name = str(action.URI).removeprefix(LINK_SCHEME)
            if name not in destinations:
                raise KeyError(name)
            del annotation["/A"]
            annotation.Dest = String(name)
            annotation.Contents = String(labels.get(name, name))


def _write_outline(
    target: Pdf, entries: Sequence[OutlineEntry], destinations: Mapping[str, Object]
) -> None:
    """Write the bookmarks. The first level stands open, what is below it folded."""
    root = target.make_indirect(Dictionary(Type=Name.Outlines))
    trail: list[Object] = [root]
    counts: dict[tuple[int, int], int] = {}
    for entry in entries:
        if entry.anchor not in destinations:
            raise KeyError(entry.anchor)
        del trail[entry.level :]
        parent = trail[-1]
        item = target.make_indirect(
            Dictionary(Title=String(entry.title), Dest=String(entry.anchor), Parent=parent)
        )
        if "/Last" in parent:
            item.Prev = parent.Last
            parent.Last.Next = item
        else:
            parent.First = item
        parent.Last = item
        counts[parent.objgen] = counts.get(parent.objgen, 0) + 1
        if parent is not root:
            parent.Count = -counts[parent.objgen]
        trail.append(item)
    root.Count = counts.get(root.objgen, 0)
    target.Root.Outlines = root
    target.Root.PageMode = Name.UseOutlines


def _stamp(
    target: Pdf, pages_of: Sequence[tuple[MergePart, Sequence[Page]]], job: MergeJob
) -> None:
    total = len(target.pages)
    stamper = Stamper(target, job.running, job.page_words, total)
    number = 0
    for part, pages in pages_of:
        for page in pages:
            number += 1
            if number > job.plain_pages:
                stamper.stamp(page, part.running, number)


def _set_catalog(target: Pdf) -> None:
    target.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(S=Name.D)]))
    if "/AF" in target.Root:
        # WeasyPrint lists each attached file twice.
        once = {file.objgen: file for file in _items(target.Root.AF)}
        target.Root.AF = Array(list(once.values()))
