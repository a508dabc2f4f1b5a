"""The catalog that we ship: complete, well-formed, and true to its source."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

from responsibilities.choices import Letter, Obligation, PartyKind
from responsibilities.models import (
    DefaultAssignment,
    ModelVersion,
    Party,
    Responsibility,
    ResponsibilityModel,
    Section,
    TeamTemplate,
)
from responsibilities.services.catalog import fixture_paths

DIRECTORY = Path(settings.BASE_DIR) / "fixtures"
PATHS = fixture_paths(DIRECTORY)
ASTRO = DIRECTORY / "astro-remote-execution" / "2026-11.json"
MANAGED = DIRECTORY / "kubernetes-managed-service" / "2026-11.json"

ASTRO_SECTIONS = [
    ("RE-ORC", 6, "Orchestration plane", "Orchestration plane", "astronomer"),
    ("RE-AGS", 3, "Agent software and support", "Remote Execution platform", "astronomer"),
    ("RE-K8S", 5, "Kubernetes infrastructure", "Execution plane", "customer"),
    ("RE-AGD", 6, "Agent deployment and operations", "Execution plane", "customer"),
    ("RE-SCR", 3, "Secrets and credentials", "Execution plane", "customer"),
    ("RE-DAT", 4, "Data storage", "Execution plane", "customer"),
    ("RE-DAG", 4, "Dag code and sources", "Execution plane", "customer"),
    ("RE-LOG", 4, "Logging and observability", "Execution plane", "customer"),
    ("RE-SEC", 8, "Security", "Execution plane", "customer"),
]

# Each product, mechanism and condition that the published model names, and the keys whose
# statement, condition or options must say it. Compared without regard to case.
TERMS = {
    "airflow scheduler": "RE-ORC-01",
    "API server": "RE-ORC-01",
    "web server": "RE-ORC-01",
    "metadata database": "RE-ORC-01",
    "cloud infrastructure of Astro": "RE-ORC-01",
    "operates": "RE-ORC-01",
    "Remote Execution API": "RE-ORC-02",
    "distributed": "RE-ORC-02",
    "lifecycle": "RE-ORC-02 RE-DAT-04",
    "agents that the customer manages": "RE-ORC-02",
    "heartbeats": "RE-ORC-03",
    "monitors": "RE-ORC-03 RE-AGD-06",
    "automatically": "RE-ORC-03",
    "rerouted to healthy agents": "RE-ORC-03",
    "unavailable": "RE-ORC-03",
    "Astro UI": "RE-ORC-04 RE-ORC-05",
    "Astro API": "RE-ORC-04",
    "manage Deployments": "RE-ORC-04",
    "register agents": "RE-ORC-04",
    "create tokens": "RE-ORC-04",
    "authentication": "RE-ORC-05",
    "authorization": "RE-ORC-05",
    "CLI": "RE-ORC-05",
    "encrypted": "RE-ORC-06",
    "at rest": "RE-ORC-06",
    "in transit": "RE-ORC-06",
    "all components of the orchestration plane": "RE-ORC-06",
    "images of the Remote Execution Agent": "RE-AGS-01",
    "publishes": "RE-AGS-01 RE-AGS-02",
    "Helm chart": "RE-AGS-02 RE-AGD-01",
    "support": "RE-AGS-03",
    "configuring": "RE-AGS-03",
    "troubleshooting": "RE-AGS-03",
    "provisions": "RE-K8S-01 RE-DAT-02 RE-LOG-02",
    "Kubernetes clusters": "RE-K8S-01",
    "capacity": "RE-K8S-02",
    "node pools": "RE-K8S-02",
    "autoscaling": "RE-K8S-02",
    "security patches": "RE-K8S-03",
    "version upgrades": "RE-K8S-03",
    "operating system of the nodes": "RE-K8S-03",
    "network policies": "RE-K8S-04",
    "firewalls": "RE-K8S-04",
    "access controls": "RE-K8S-04 RE-DAT-04",
    "Allowlist Astro domains": "RE-K8S-05",
    "Astro orchestration plane": "RE-K8S-05",
    "agent tokens": "RE-AGD-02",
    "authenticate to the orchestration plane": "RE-AGD-02",
    "registry of Astronomer": "RE-AGD-03",
    "private registry": "RE-AGD-03",
    "when required": "RE-AGD-03 RE-SEC-05",
    "custom agent images": "RE-AGD-04",
    "install Remote Execution Agents": "RE-AGD-01",
    "configure them": "RE-AGD-01",
    "Python packages": "RE-AGD-04",
    "OS-level dependencies": "RE-AGD-04",
    "maintenance window": "RE-AGD-05",
    "latest version (recommended)": "RE-AGD-05",
    "other supported version": "RE-AGD-05",
    "agent Pods in Kubernetes": "RE-AGD-06",
    "health": "RE-AGD-06",
    "resource utilization": "RE-AGD-06",
    "secrets backend": "RE-SCR-01 RE-SCR-02 RE-SCR-03 RE-SEC-06",
    "AWS Secrets Manager": "RE-SCR-01",
    "Azure Key Vault": "RE-SCR-01",
    "Google Cloud Secret Manager": "RE-SCR-01",
    "HashiCorp Vault": "RE-SCR-01",
    "Airflow connections and variables": "RE-SCR-01",
    "rotates": "RE-SCR-02",
    "workload identity": "RE-SCR-03",
    "service account": "RE-SCR-03 RE-DAT-03",
    "XCom backend": "RE-DAT-01",
    "AWS S3": "RE-DAT-01",
    "Azure Blob Storage": "RE-DAT-01",
    "GCP Cloud Storage": "RE-DAT-01",
    "object storage": "RE-DAT-02 RE-LOG-02 RE-SEC-06",
    "buckets or containers": "RE-DAT-02",
    "XCom and logging": "RE-DAT-02",
    "IAM roles": "RE-DAT-03",
    "managed identities": "RE-DAT-03",
    "lifecycle policies": "RE-DAT-04",
    "encryption": "RE-DAT-04",
    "Dag code": "RE-DAG-01 RE-DAG-02 RE-AGD-04",
    "coding practices": "RE-DAG-01",
    "security and quality": "RE-DAG-01",
    "GitDagBundle": "RE-DAG-02 RE-DAG-03",
    "LocalDagBundle": "RE-DAG-02",
    "Git repository": "RE-DAG-03",
    "project images": "RE-DAG-04",
    "for the orchestration plane and for the execution plane": "RE-DAG-04",
    "task logging": "RE-LOG-01",
    "logs of agent Pods are preserved": "RE-LOG-01",
    "external logging platform": "RE-LOG-02",
    "exported": "RE-LOG-02",
    "Sentinel": "RE-LOG-03",
    "health of the agents": "RE-LOG-03",
    "recommendation": "RE-LOG-03",
    "OpenLineage": "RE-LOG-04",
    "lineage of data": "RE-LOG-04",
    "optional": "RE-LOG-04",
    "roles and permissions": "RE-SEC-01",
    "tokens, connections and environment variables": "RE-SEC-01",
    "identity providers": "RE-SEC-02",
    "SSO": "RE-SEC-02",
    "MFA": "RE-SEC-02",
    "credentials that it owns": "RE-SEC-03",
    "outbound network connections": "RE-SEC-04",
    "orchestration plane of Astro": "RE-SEC-04",
    "AWS PrivateLink": "RE-SEC-05",
    "Azure Private Link": "RE-SEC-05",
    "private connectivity": "RE-SEC-05",
    "network traffic that agents exchange": "RE-SEC-06",
    "data sources": "RE-SEC-06",
    "firewall rules": "RE-SEC-07",
    "IP allowlists": "RE-SEC-07",
    "data pipelines": "RE-SEC-08",
    "high quality": "RE-SEC-08",
    "dependencies": "RE-SEC-08",
    "vulnerabilities": "RE-SEC-08",
}

CONTROL_FORMS = {
    "NIST SP 800-53 Rev. 5": r"[A-Z]{2}-\d{1,2}(\(\d{1,2}\))?",
    "ISO/IEC 27001:2022": r"A\.[5-8]\.\d{1,2}",
}


def rows(path: Path, kind: str) -> list[dict[str, Any]]:
    """Return the fields of all records of one kind, in the order of the file."""
    records = json.loads(path.read_text(encoding="utf-8"))
    return [item["fields"] for item in records if item["model"] == f"responsibilities.{kind}"]


def normative_text(fields: dict[str, Any]) -> str:
    """Return what binds a party: statement, condition and choices, on one line."""
    choices = [choice for option in fields["options"] for choice in option["choices"]]
    return " ".join([fields["statement"], fields["condition"], *choices]).casefold()


def test_sections_come_in_the_order_of_the_source_with_plane_and_holder() -> None:
    found = [
        (section["title"], section["plane"], section["holder"][2])
        for section in sorted(rows(ASTRO, "section"), key=lambda section: section["position"])
    ]
    assert found == [(title, plane, holder) for _, _, title, plane, holder in ASTRO_SECTIONS]


def test_the_43_keys_stand_in_order() -> None:
    keys = [fields["key"] for fields in rows(ASTRO, "responsibility")]
    expected = [
        f"{prefix}-{number:02d}"
        for prefix, count, *_ in ASTRO_SECTIONS
        for number in range(1, count + 1)
    ]
    assert len(expected) == 43
    assert keys == expected
    titles = {section["key"]: section["title"] for section in rows(ASTRO, "section")}
    for fields in rows(ASTRO, "responsibility"):
        prefix, position = fields["key"].rsplit("-", 1)
        title = next(row[2] for row in ASTRO_SECTIONS if row[0] == prefix)
        assert titles[fields["section"][2]] == title
        assert fields["position"] == int(position)


@pytest.mark.parametrize(("term", "keys"), TERMS.items())
def test_nothing_that_the_source_names_is_lost(term: str, keys: str) -> None:
    texts = {fields["key"]: normative_text(fields) for fields in rows(ASTRO, "responsibility")}
    for key in keys.split():
        assert term.casefold() in texts[key]


def test_every_responsibility_has_a_term_in_the_table() -> None:
    named = {key for keys in TERMS.values() for key in keys.split()}
    assert named == {fields["key"] for fields in rows(ASTRO, "responsibility")}


def test_obligations_are_those_of_the_source() -> None:
    found = {fields["key"]: fields["obligation"] for fields in rows(ASTRO, "responsibility")}
    other = {key: value for key, value in found.items() if value != Obligation.REQUIRED}
    assert other == {
        "RE-AGD-03": Obligation.CONDITIONAL,
        "RE-AGD-04": Obligation.CONDITIONAL,
        "RE-DAG-03": Obligation.CONDITIONAL,
        "RE-SEC-05": Obligation.CONDITIONAL,
        "RE-LOG-03": Obligation.RECOMMENDED,
        "RE-LOG-04": Obligation.OPTIONAL,
    }


def test_options_are_the_alternatives_of_the_source() -> None:
    choices = {
        fields["key"]: [choice for option in fields["options"] for choice in option["choices"]]
        for fields in rows(ASTRO, "responsibility")
        if fields["options"]
    }
    assert choices == {
        "RE-AGD-03": ["Astronomer registry", "Private registry"],
        "RE-AGD-05": ["Latest version (recommended)", "Other supported version"],
        "RE-SCR-01": [
            "AWS Secrets Manager",
            "Azure Key Vault",
            "Google Cloud Secret Manager",
            "HashiCorp Vault",
        ],
        "RE-SCR-03": ["Workload identity", "Service account"],
        "RE-DAT-01": ["AWS S3", "Azure Blob Storage", "GCP Cloud Storage"],
        "RE-DAT-02": ["Buckets", "Containers"],
        "RE-DAT-03": ["IAM roles", "Managed identities", "Service accounts"],
        "RE-DAG-02": ["GitDagBundle", "LocalDagBundle"],
        "RE-DAG-03": ["Access token", "SSH key", "SSH agent"],
        "RE-LOG-02": ["External logging platform", "Object storage"],
        "RE-SEC-05": ["AWS PrivateLink", "Azure Private Link"],
    }


def test_related_documents_are_the_references() -> None:
    (version,) = rows(ASTRO, "modelversion")
    assert [reference["title"] for reference in version["references"]] == [
        "Shared responsibility model",
        "Remote Execution overview",
        "Security in Astro",
        "Remote Execution Agent maintenance policy",
        "Allowlist Astro domains",
    ]
    for reference in version["references"]:
        assert reference["url"].startswith("https://www.astronomer.io/docs/astro/")


def test_second_model_has_three_parties_and_holders_that_differ() -> None:
    kinds = Counter(fields["kind"] for fields in rows(MANAGED, "party"))
    assert kinds == {PartyKind.PROVIDER: 1, PartyKind.CUSTOMER: 1, PartyKind.THIRD_PARTY: 1}
    duties = rows(MANAGED, "responsibility")
    assert 28 <= len(duties) <= 32
    assert {fields["obligation"] for fields in duties} == set(Obligation)
    holders = {section["key"]: section["holder"] for section in rows(MANAGED, "section")}
    own = [fields for fields in duties if fields["holder"]]
    assert len(own) >= 4
    assert all(fields["holder"] != holders[fields["section"][2]] for fields in own)
    parties = {tuple(fields["party"]) for fields in rows(MANAGED, "teamtemplate")}
    assert len(parties) == 3


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.parent.name)
def test_texts_are_complete_and_short_where_people_scan(path: Path) -> None:
    titles = Counter(fields["title"] for fields in rows(path, "responsibility"))
    assert set(titles.values()) == {1}
    for fields in rows(path, "responsibility"):
        assert len(fields["title"]) <= 60
        assert fields["statement"].endswith(".")
        assert fields["guidance"].endswith(".")
        assert 2 <= len(fields["evidence_hints"]) <= 4
        assert fields["review_interval_months"] in {3, 6, 12}
        assert fields["controls"]
        for control in fields["controls"]:
            assert re.fullmatch(CONTROL_FORMS[control["framework"]], control["control"])


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.parent.name)
def test_letters_are_sensible_on_every_item(path: Path) -> None:
    teams = {fields["key"]: fields["party"] for fields in rows(path, "teamtemplate")}
    letters = rows(path, "defaultassignment")
    assert {fields["team"][2] for fields in letters} == teams.keys()
    for duty in rows(path, "responsibility"):
        own = [item for item in letters if item["responsibility"][2] == duty["key"]]
        assert {item["letter"] for item in own} == set(Letter)
        assert 4 <= len(own) <= 7


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.parent.name)
def test_file_is_readable_and_has_no_primary_keys(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.endswith("]\n")
    assert "\\u" not in text
    assert all(record.keys() == {"model", "fields"} for record in json.loads(text))


def test_plain_loaddata_works_and_can_be_repeated(db: None) -> None:  # noqa: ARG001
    for _repeat in range(2):
        call_command(
            "loaddata",
            "astro-remote-execution/2026-11",
            "kubernetes-managed-service/2026-11",
            verbosity=0,
        )
        counts = {
            kind: kind._default_manager.count()
            for kind in (
                ResponsibilityModel,
                ModelVersion,
                Party,
                Section,
                TeamTemplate,
                Responsibility,
                DefaultAssignment,
            )
        }
        assert counts == {
            kind: sum(len(rows(path, kind._meta.model_name or "")) for path in PATHS)
            for kind in counts
        }
    order = Responsibility.objects.filter(version__model__slug="astro-remote-execution")
    assert [duty.key for duty in order] == [
        fields["key"] for fields in rows(ASTRO, "responsibility")
    ]
