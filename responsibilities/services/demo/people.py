"""The people of the demo, and the teams they are on."""

from __future__ import annotations

from dataclasses import dataclass

from responsibilities.choices import Role

VENDOR = "Astronomer"
NORTHWIND = "Northwind"
GLOBEX = "Globex"
CONTOSO = "Contoso"
CLOUD = "Stratus Cloud"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A person of the demo. Only those with `signs_in` get the published password."""

    email: str
    name: str
    signs_in: bool = False


MARA = DemoPerson("vendor.manager@astronomer.example", "Mara Lindqvist", signs_in=True)
TOMAS = DemoPerson("vendor.engineer@astronomer.example", "Tomas Okafor", signs_in=True)
PRIYA = DemoPerson("priya.raman@astronomer.example", "Priya Raman")
JONAS = DemoPerson("jonas.weber@astronomer.example", "Jonas Weber")
ELENA = DemoPerson("elena.petrova@astronomer.example", "Elena Petrova")
INGRID = DemoPerson("customer.manager@northwind.example", "Ingrid Solberg", signs_in=True)
DANIEL = DemoPerson("customer.engineer@northwind.example", "Daniel Cho", signs_in=True)
AISHA = DemoPerson("aisha.rahman@northwind.example", "Aisha Rahman")
LUCA = DemoPerson("luca.moretti@northwind.example", "Luca Moretti")
SOFIA = DemoPerson("sofia.almeida@northwind.example", "Sofia Almeida")
NILS = DemoPerson("nils.bergstrom@northwind.example", "Nils Bergström")
PETER = DemoPerson("peter.hale@northwind.example", "Peter Hale")
RUTH = DemoPerson("auditor@audit.example", "Ruth Kessler", signs_in=True)
CARMEN = DemoPerson("manager@globex.example", "Carmen Ortiz", signs_in=True)
HANA = DemoPerson("hana.sato@stratus.example", "Hana Sato")
OMAR = DemoPerson("omar.haddad@contoso.example", "Omar Haddad")

EVERYBODY = (
    MARA,
    TOMAS,
    PRIYA,
    JONAS,
    ELENA,
    INGRID,
    DANIEL,
    AISHA,
    LUCA,
    SOFIA,
    NILS,
    PETER,
    RUTH,
    CARMEN,
    HANA,
    OMAR,
)

NORTHWIND_MEMBERS: tuple[tuple[DemoPerson, str, Role], ...] = (
    (TOMAS, "provider", Role.CONTRIBUTOR),
    (PRIYA, "provider", Role.APPROVER),
    (JONAS, "provider", Role.CONTRIBUTOR),
    (ELENA, "provider", Role.READER),
    (INGRID, "customer", Role.MANAGER),
    (DANIEL, "customer", Role.CONTRIBUTOR),
    (AISHA, "customer", Role.CONTRIBUTOR),
    (LUCA, "customer", Role.CONTRIBUTOR),
    (SOFIA, "customer", Role.APPROVER),
    (NILS, "customer", Role.CONTRIBUTOR),
    (PETER, "customer", Role.CONTRIBUTOR),
    (RUTH, "customer", Role.AUDITOR),
)

# "Customer Support" has nobody on it: a finding that the demo shows.
NORTHWIND_TEAMS: dict[str, tuple[DemoPerson, ...]] = {
    "Control Plane SRE": (TOMAS, JONAS),
    "Agent Engineering": (JONAS, TOMAS),
    "Product Security": (PRIYA, ELENA),
    "Data Platform": (DANIEL, INGRID, PETER),
    "Kubernetes Platform": (AISHA, DANIEL),
    "Cloud Infrastructure & Network": (LUCA,),
    "Security & IAM": (SOFIA, INGRID),
    "Data Engineering": (NILS,),
}
