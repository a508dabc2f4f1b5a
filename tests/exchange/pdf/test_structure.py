"""The PDF, opened for real: what machines and screen readers find in it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pikepdf
import pytest
from django.conf import settings

from responsibilities import canonical, matrix
from tests.exchange.pdf.samples import Written

PDFA = "{http://www.aiim.org/pdfa/ns/id/}"
PDFUA = "{http://www.aiim.org/pdfua/ns/id/}"


@pytest.fixture(params=["rich", "wide", "narrow", "signed", "released"])
def written(
    request: pytest.FixtureRequest,
    rich: Written,
    wide: Written,
    narrow: Written,
    signed: Written,
    released: Written,
) -> Written:
    """Each of the files."""
    files = {"rich": rich, "wide": wide, "narrow": narrow, "signed": signed, "released": released}
    return files[request.param]


@pytest.fixture
def file(written: Written) -> Iterator[Any]:
    """The file, opened. Untyped: pikepdf objects answer to any name."""
    with pikepdf.open(io.BytesIO(written.data)) as opened:
        yield opened


def operations(page: Any) -> Iterator[tuple[Any, str]]:
    """Yield the operands and the name of each operation on a page."""
    for instruction in pikepdf.parse_content_stream(page):
        yield instruction.operands, str(instruction.operator)


def elements(element: Any) -> Iterator[Any]:
    """Yield a structure element and all below it."""
    yield element
    for kid in list(element.K):
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield from elements(kid)


def test_syntax(file: Any) -> None:
    assert file.check_pdf_syntax() == []


def test_claims(file: Any, written: Written) -> None:
    with file.open_metadata() as metadata:
        assert metadata[f"{PDFA}part"] == "3"
        assert metadata[f"{PDFA}conformance"] == "A"
        assert metadata[f"{PDFUA}part"] == "1"
        title = metadata["dc:title"]
        assert metadata["xmp:CreateDate"] == "2026-11-22T14:05:00Z"
    assert str(file.docinfo["/Title"]) == title
    assert title.startswith(f"{written.matrix.workspace.name}: responsibility matrix")
    assert str(file.Root.Lang) == "en"
    assert bool(file.Root.ViewerPreferences.DisplayDocTitle) is True
    assert bool(file.Root.MarkInfo.Marked) is True
    assert file.Root.OutputIntents[0].S == "/GTS_PDFA1"
    assert "/DestOutputProfile" in file.Root.OutputIntents[0]
    assert file.pdf_version == "1.7"


def test_one_document_element_holds_everything(file: Any) -> None:
    root = file.Root.StructTreeRoot
    assert [str(kid.S) for kid in root.K] == ["/Document"]
    assert root.K[0].P.objgen == root.objgen
    headings = [str(element.S) for element in elements(root.K[0]) if str(element.S) in _HEADINGS]
    assert headings[0] == "/H1"
    levels = [int(heading[2]) for heading in headings]
    assert all(after <= before + 1 for before, after in pairwise(levels))


_HEADINGS = {"/H1", "/H2", "/H3", "/H4"}


def test_all_content_is_found_in_the_parent_tree(file: Any) -> None:
    numbers = list(file.Root.StructTreeRoot.ParentTree.Nums)
    parents = dict(zip(map(int, numbers[::2]), numbers[1::2], strict=True))
    assert list(parents) == sorted(parents)
    assert file.Root.StructTreeRoot.ParentTreeNextKey == max(parents) + 1
    for page in file.pages:
        listed = parents[int(page.obj.StructParents)]
        content = [
            int(operands[1]["/MCID"])
            for operands, operator in operations(page)
            if operator == "BDC" and "/MCID" in operands[1]
        ]
        assert sorted(content) == list(range(len(listed)))
        assert all(element.Pg.objgen == page.obj.objgen for element in listed)
        for annotation in page.obj.get("/Annots", ()):
            element = parents[int(annotation.StructParent)]
            assert {"/Link": "/Link", "/Widget": "/Form"}[str(annotation.Subtype)] == element.S


def test_header_cells_say_what_they_head(file: Any) -> None:
    ids: list[str] = []
    named: set[str] = set()
    for element in elements(file.Root.StructTreeRoot.K[0]):
        if element.S == "/TH":
            assert str(element.A.Scope) in {"/Column", "/Row"}
            ids.append(str(element.ID))
        elif element.S == "/TD" and "/Headers" in element.get("/A", {}):
            named |= {str(name) for name in element.A.Headers}
    assert ids
    assert len(ids) == len(set(ids))
    assert named <= set(ids)


def test_tables_close(file: Any) -> None:
    tables = [e for e in elements(file.Root.StructTreeRoot.K[0]) if e.S == "/Table"]
    assert tables
    for table in tables:
        rows = [element for element in elements(table) if element.S == "/TR"]
        reach: dict[int, int] = {}
        for y, row in enumerate(rows):
            for cell in row.K:
                width = int(cell.get("/A", {}).get("/ColSpan", 1))
                for down in range(int(cell.get("/A", {}).get("/RowSpan", 1))):
                    reach[y + down] = reach.get(y + down, 0) + width
        assert len(set(reach.values())) == 1


def test_the_names_of_the_teams_are_header_cells(file: Any, written: Written) -> None:
    texts = _texts_of_headers(file)
    teams = {"".join(team.name.split()) for team in written.matrix.teams}
    found = {text.replace("-", "").replace("\xad", "") for text in texts}
    assert {team.replace("-", "") for team in teams} <= found


def _texts_of_headers(file: Any) -> set[str]:
    """Return the texts of the header cells without white space."""
    reading = {}
    for page in file.pages:
        reading[page.obj.objgen] = _marked_texts(page)
    found = set()
    for element in elements(file.Root.StructTreeRoot.K[0]):
        if element.S == "/TH":
            text = "".join(_text_below(element, reading))
            found.add("".join(text.split()))
    return found


def _text_below(element: Any, reading: dict[Any, dict[int, str]]) -> Iterator[str]:
    for kid in element.K:
        if isinstance(kid, int):
            yield reading[element.Pg.objgen][kid]
        elif "/S" in kid:
            yield from _text_below(kid, reading)


def _marked_texts(page: Any) -> dict[int, str]:
    """Return the text of each marked content of a page, by way of the fonts' character maps."""
    maps = {str(name): _character_map(font) for name, font in page.obj.Resources.Font.items()}
    texts: dict[int, str] = {}
    current, font = -1, ""
    for operands, operator in operations(page):
        match operator:
            case "BDC":
                current = int(operands[1].get("/MCID", -1))
            case "EMC":
                current = -1
            case "Tf":
                font = str(operands[0])
            case "TJ" | "Tj":
                runs = operands[0] if operator == "TJ" else [operands[0]]
                for run in runs:
                    if isinstance(run, pikepdf.String):
                        raw = bytes(run)
                        for at in range(0, len(raw), 2):
                            code = raw[at : at + 2].hex()
                            texts[current] = texts.get(current, "") + maps[font].get(code, "")
    return texts


def _character_map(font: Any) -> dict[str, str]:
    pairs = {}
    for line in font.ToUnicode.read_bytes().decode("latin1").splitlines():
        parts = line.replace("<", " ").replace(">", " ").split()
        if len(parts) == 2 and all(set(part) <= set("0123456789abcdefABCDEF") for part in parts):
            pairs[parts[0].lower()] = bytes.fromhex(parts[1]).decode("utf-16-be", "replace")
    return pairs


def test_attachment(file: Any, written: Written) -> None:
    assert list(file.attachments) == ["matrix.json"]
    specification = file.attachments["matrix.json"]
    data = specification.get_file().read_bytes()
    assert data == canonical.dumps(matrix.document(written.matrix))
    assert hashlib.sha256(data).hexdigest() == matrix.digest(written.matrix)
    assert specification.get_file().mime_type == "application/json"
    assert str(specification.obj.AFRelationship) == "/Data"
    parameters = specification.obj.EF.F.Params
    assert str(parameters.CreationDate) == str(parameters.ModDate) == "D:20261122140500Z"
    assert [one.objgen for one in file.Root.AF] == [specification.obj.objgen]


def test_fonts_are_embedded_and_ours(file: Any) -> None:
    names = set()
    for page in file.pages:
        forms = page.obj.Resources.get("/XObject", {})
        for resources in (
            page.obj.Resources,
            *(form.Resources for form in forms.values() if "/Resources" in form),
        ):
            for font in resources.get("/Font", {}).values():
                descendant = font.DescendantFonts[0]
                assert "/FontFile2" in descendant.FontDescriptor
                assert "/ToUnicode" in font
                names.add(str(descendant.BaseFont).split("+")[-1])
    assert names
    assert all("Plex" in name for name in names)


def test_links_lead_somewhere_harmless(file: Any) -> None:
    names = {str(name) for name in list(file.Root.Names.Dests.Names)[::2]}
    annotations = [one for page in file.pages for one in page.obj.get("/Annots", ())]
    links = [one for one in annotations if one.Subtype == "/Link"]
    assert links
    check_page = f"{settings.REXMATRIX_BASE_URL}/verify/"
    for link in links:
        assert str(link.Contents)
        if "/A" in link:
            assert link.A.S == "/URI"
            address = str(link.A.URI)
            assert address.startswith("https://wiki.example/") or address == check_page
        else:
            assert str(link.Dest) in names
    assert "/JavaScript" not in file.Root.Names
    assert "/OpenAction" not in file.Root


def test_page_labels_are_the_printed_numbers(file: Any) -> None:
    assert [page.label for page in file.pages] == [str(n + 1) for n in range(len(file.pages))]


def test_running_heads_are_artifacts(file: Any) -> None:
    for page in list(file.pages)[1:]:
        kinds = [
            str(operands[1].get("/Subtype", ""))
            for operands, operator in operations(page)
            if operator == "BDC" and operands[0] == "/Artifact"
        ]
        assert kinds[-2:] == ["/Header", "/Footer"]
