"""Adds the form field of a signature. Runs in a process of its own, without Django.

The field is invisible: what it says stands on the last page, as text. It is tagged, so that the
file stays accessible (ISO 14289-1, 7.18), and has no appearance, which a field without extent does
not need (ISO 19005-3, 6.3.3). The signature certifies the file and allows no change (ISO 32000-1,
12.8.2.2).
"""

from __future__ import annotations

from typing import Final

from pikepdf import Array, Dictionary, Name, Object, Page, Pdf, String

from responsibilities.exchange.pdf.jobs import SignaturePlace
from responsibilities.exchange.pdf.placeholder import FAR

_PRINT_AND_LOCKED: Final = 4 | 128
_EXIST_AND_APPEND_ONLY: Final = 1 | 2
_NO_CHANGES: Final = 1


def add(target: Pdf, page: Page, place: SignaturePlace, parent: Object, key: int) -> Object:
    """Add the field to a page and return its structure element, the last below `parent`.

    `key` is the number of the field in the parent tree.
    """
    signature = target.make_indirect(_signature(place))
    field = target.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Sig,
            T=String("Signature"),
            TU=String(place.tooltip),
            V=signature,
            Rect=Array([0, 0, 0, 0]),
            F=_PRINT_AND_LOCKED,
            P=page.obj,
            StructParent=key,
        )
    )
    if "/Annots" not in page.obj:
        page.obj.Annots = Array()
    page.obj.Annots.append(field)
    page.obj.Tabs = Name.S
    target.Root.AcroForm = target.make_indirect(
        Dictionary(Fields=Array([field]), SigFlags=_EXIST_AND_APPEND_ONLY)
    )
    target.Root.Perms = Dictionary(DocMDP=signature)
    element = target.make_indirect(
        Dictionary(
            Type=Name.StructElem,
            S=Name.Form,
            P=parent,
            Pg=page.obj,
            Alt=String(place.alternative),
            K=Array([Dictionary(Type=Name.OBJR, Obj=field, Pg=page.obj)]),
        )
    )
    parent.K.append(element)
    return element


def _signature(place: SignaturePlace) -> Dictionary:
    """Return the signature dictionary, with room for what is not known yet."""
    parameters = Dictionary(Type=Name.TransformParams, V=Name("/1.2"), P=_NO_CHANGES)
    reference = Dictionary(
        Type=Name.SigRef, TransformMethod=Name.DocMDP, TransformParams=parameters
    )
    return Dictionary(
        Type=Name.Sig,
        Filter=Name("/Adobe.PPKLite"),
        SubFilter=Name("/ETSI.CAdES.detached"),
        ByteRange=Array([0, FAR, FAR, FAR]),
        Contents=String(bytes(place.room)),
        M=String(place.signed_at.strftime("D:%Y%m%d%H%M%SZ")),
        Name=String(place.name),
        Reason=String(place.reason),
        Reference=Array([reference]),
    )
