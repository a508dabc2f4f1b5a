"""The evidence of the Northwind workspace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from responsibilities.services.demo import files
from responsibilities.services.demo.people import (
    AISHA,
    DANIEL,
    INGRID,
    JONAS,
    LUCA,
    MARA,
    NILS,
    TOMAS,
    DemoPerson,
)


@dataclass(frozen=True, slots=True)
class DemoEvidence:
    """A piece: by whom, for which items, how old today and how long valid from
    the day it was collected (both in days), and its content.

    `make` gives the bytes of a file called `name`; without it `text` is a link or a note.
    """

    title: str
    by: DemoPerson
    keys: tuple[str, ...]
    age: int
    valid_for: int | None
    name: str = ""
    make: Callable[[], bytes] | None = None
    text: str = ""


def _text(*lines: str) -> Callable[[], bytes]:
    return ("\n".join(lines) + "\n").encode


def _pdf(title: str, *lines: str) -> Callable[[], bytes]:
    return lambda: files.pdf(title, lines)


PIECES: tuple[DemoEvidence, ...] = (
    DemoEvidence(
        "SOC 2 Type II report, letter to customers",
        MARA,
        ("RE-ORC-01", "RE-ORC-06"),
        70,
        82,
        "soc2-type2-letter-2026.pdf",
        _pdf(
            "SOC 2 Type II: letter to customers",
            "Period: 1 October 2025 to 30 September 2026",
            "Scope: orchestration plane, Remote Execution API, Astro UI and API",
            "Opinion: unqualified. No exceptions in the tests of encryption controls.",
        ),
    ),
    DemoEvidence(
        "Availability of the orchestration plane, August to October",
        TOMAS,
        ("RE-ORC-01", "RE-ORC-02", "RE-ORC-04"),
        19,
        160,
        "availability-2026-q3.csv",
        _text(
            "month,component,availability_percent,incidents",
            "2026-08,Remote Execution API,99.98,0",
            "2026-09,Remote Execution API,99.94,1",
            "2026-10,Remote Execution API,99.99,0",
            "2026-08,Astro API,99.99,0",
            "2026-09,Astro API,99.97,1",
            "2026-10,Astro API,99.99,0",
        ),
    ),
    DemoEvidence(
        "Rerouting test with two agents stopped",
        TOMAS,
        ("RE-ORC-03",),
        38,
        145,
        "rerouting-test-2026-10-15.log",
        _text(
            "2026-10-15T09:00:04Z agent nw-a-2 last heartbeat",
            "2026-10-15T09:00:34Z agent nw-a-2 marked unavailable",
            "2026-10-15T09:00:35Z 6 tasks rerouted to nw-a-1, nw-b-1",
            "2026-10-15T09:02:11Z all rerouted tasks running",
        ),
    ),
    DemoEvidence(
        "Penetration test 2026, summary letter",
        MARA,
        ("RE-ORC-05",),
        120,
        245,
        "pentest-2026-summary.pdf",
        _pdf(
            "Independent penetration test: summary",
            "Scope: Astro UI, Astro API, CLI. Dates: 6 to 24 July 2026.",
            "Findings: 0 critical, 0 high, 2 medium (both closed on 2 August 2026).",
        ),
    ),
    DemoEvidence(
        "Agent release notes 1.8",
        JONAS,
        ("RE-AGS-01", "RE-AGS-02"),
        26,
        None,
        text="https://www.astronomer.io/docs/astro/remote-execution-agents",
    ),
    DemoEvidence(
        "Software bill of materials, agent 1.8.2",
        JONAS,
        ("RE-AGS-01",),
        26,
        150,
        "agent-1.8.2.spdx.json",
        _text(
            '{"spdxVersion": "SPDX-2.3", "name": "remote-execution-agent-1.8.2",',
            ' "packages": [{"name": "apache-airflow", "versionInfo": "3.1.2"},',
            '  {"name": "openssl", "versionInfo": "3.5.4"}]}',
        ),
    ),
    DemoEvidence(
        "Cluster inventory",
        AISHA,
        ("RE-K8S-01", "RE-K8S-02"),
        30,
        150,
        "clusters-2026-10.xlsx",
        lambda: files.xlsx(
            [
                ["Cluster", "Region", "Version", "Nodes", "Owner"],
                ["nw-agents-a", "eu-central-1a", "1.34.2", "4 to 24", "Kubernetes Platform"],
                ["nw-agents-b", "eu-central-1b", "1.34.2", "4 to 24", "Kubernetes Platform"],
            ]
        ),
    ),
    DemoEvidence(
        "Patch report of Kubernetes and nodes, July",
        AISHA,
        ("RE-K8S-03",),
        118,
        90,
        "patch-report-2026-07.csv",
        _text(
            "cluster,component,from,to,severity,released_on,applied_on",
            "nw-agents-a,kernel,6.1.140,6.1.144,critical,2026-07-15,2026-07-19",
            "nw-agents-b,kernel,6.1.140,6.1.144,critical,2026-07-15,2026-07-20",
        ),
    ),
    DemoEvidence(
        "NetworkPolicy manifests of the agent namespaces",
        AISHA,
        ("RE-K8S-04", "RE-SEC-07"),
        16,
        165,
        "networkpolicies.yaml",
        _text(
            "apiVersion: networking.k8s.io/v1",
            "kind: NetworkPolicy",
            "metadata:",
            "  name: default-deny",
            "  namespace: astro-agents",
            "spec:",
            "  podSelector: {}",
            "  policyTypes: [Ingress, Egress]",
        ),
    ),
    DemoEvidence(
        "Connection test from agent Pods to the Astro domains",
        LUCA,
        ("RE-K8S-05", "RE-SEC-04", "RE-SEC-05"),
        12,
        170,
        "connectivity-2026-11-10.txt",
        _text(
            "2026-11-10 08:00 UTC, Pod agent-7f9 in nw-agents-a",
            "api.astronomer.io        10.20.4.17  TLS 1.3  ok  18 ms",
            "images.astronomer.cloud  10.20.4.23  TLS 1.3  ok  22 ms",
        ),
    ),
    DemoEvidence(
        "Helm values of both clusters, without secrets",
        DANIEL,
        ("RE-AGD-01", "RE-SCR-01", "RE-DAT-01", "RE-DAG-02", "RE-LOG-01"),
        14,
        166,
        "helm-values.zip",
        lambda: files.archive(
            [
                ("nw-agents-a/values.yaml", "image:\n  tag: 1.8.2\nreplicas: 3\n"),
                ("nw-agents-b/values.yaml", "image:\n  tag: 1.8.2\nreplicas: 3\n"),
            ]
        ),
    ),
    DemoEvidence(
        "Agent tokens: list and last rotation",
        DANIEL,
        ("RE-AGD-02",),
        40,
        55,
        "agent-tokens.csv",
        _text(
            "name,cluster,created_on,expires_on,rotated_by",
            "nw-a-2026q4,nw-agents-a,2026-10-13,2027-01-11,rotation job",
            "nw-b-2026q4,nw-agents-b,2026-10-13,2027-01-11,rotation job",
        ),
    ),
    DemoEvidence(
        "Mirror job of the private registry, last run",
        DANIEL,
        ("RE-AGD-03",),
        2,
        88,
        "mirror-2026-11-20.log",
        _text(
            "2026-11-20T02:00:01Z copy agent:1.8.2 sha256:9f2c…e1 ok",
            "2026-11-20T02:00:09Z copy agent:1.8.1 already there",
        ),
    ),
    DemoEvidence(
        "Scan of the custom images",
        DANIEL,
        ("RE-AGD-04", "RE-SEC-08"),
        21,
        69,
        "trivy-2026-11-01.json",
        _text(
            '{"image": "registry.northwind.example/astro/finance:41", "critical": 0, "high": 1,',
            ' "accepted": [{"id": "CVE-2026-11873", "until": "2026-12-31"}]}',
        ),
    ),
    DemoEvidence(
        "Agent Pods in October: CPU, memory and restarts",
        DANIEL,
        ("RE-AGD-06", "RE-K8S-02"),
        20,
        160,
        "agent-pods-october.png",
        lambda: files.png([38, 41, 44, 39, 62, 71, 48, 45, 40, 43, 58, 66, 47, 42]),
    ),
    DemoEvidence(
        "Secrets policy of the agents' role",
        INGRID,
        ("RE-SCR-03", "RE-DAT-03"),
        33,
        150,
        "nw-airflow-secrets-read.json",
        _text(
            '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",',
            ' "Action": "secretsmanager:GetSecretValue",',
            ' "Resource": "arn:aws:secretsmanager:eu-central-1:1111:secret:nw/airflow/*"}]}',
        ),
    ),
    DemoEvidence(
        "Rotation of database passwords, October",
        INGRID,
        ("RE-SCR-02",),
        25,
        45,
        text="All 14 database secrets under nw/airflow were rotated on 28 October 2026 by the "
        "scheduled job.\nDags ran without a failed connection afterwards (checked until "
        "30 October 2026).",
    ),
    DemoEvidence(
        "Lifecycle and encryption settings of the buckets",
        LUCA,
        ("RE-DAT-02", "RE-DAT-04"),
        17,
        160,
        "buckets.json",
        _text(
            '{"nw-xcom-prod": {"sse": "aws:kms", "expire_days": 30, "public": false},',
            ' "nw-airflow-logs": {"sse": "aws:kms", "expire_days": 400, "public": false}}',
        ),
    ),
    DemoEvidence(
        "Coding standard for Dags and template of merge requests",
        NILS,
        ("RE-DAG-01", "RE-SEC-08"),
        60,
        300,
        "dag-standard-3.2.pdf",
        _pdf(
            "Coding standard for Dags, edition 3.2",
            "1. Every Dag has an owner, a service level and tests.",
            "2. No secret in code; connections only from the secrets backend.",
            "3. A merge needs a second person and a green pipeline.",
        ),
    ),
    DemoEvidence(
        "Release record of build 412",
        NILS,
        ("RE-DAG-04",),
        8,
        170,
        "release-412.txt",
        _text(
            "commit  5d1f0c2",
            "client image  sha256:44ab…90  nw-agents-a, nw-agents-b",
            "server image  sha256:1c07…5e  Deployment nw-prod-eu",
        ),
    ),
    DemoEvidence(
        "Access review, third quarter",
        INGRID,
        ("RE-SEC-01",),
        52,
        90,
        "access-review-2026-q3.eml",
        lambda: files.mail(
            "sofia.almeida@northwind.example",
            "customer.manager@northwind.example",
            "Access review Q3: closed",
            "Reviewed 41 users and 6 tokens. Removed: 3 users, 1 token. No open points.",
        ),
    ),
    DemoEvidence(
        "MFA policy for Astro in Entra ID",
        INGRID,
        ("RE-SEC-02",),
        44,
        320,
        "entra-mfa-policy.png",
        lambda: files.png([92, 94, 97, 98, 99, 99, 100]),
    ),
    DemoEvidence(
        "Endpoint policies of S3 and Secrets Manager",
        LUCA,
        ("RE-SEC-06",),
        28,
        150,
        "endpoint-policies.yaml",
        _text(
            "s3:",
            "  endpoint: vpce-0a1b2c3d",
            "  allowed: [nw-xcom-prod, nw-airflow-logs]",
            "secretsmanager:",
            "  endpoint: vpce-0d3c2b1a",
            "  allowed: [nw/airflow/*]",
        ),
    ),
)
