"""What Northwind and Astronomer wrote on the items: notes, chosen options, exclusions."""

from __future__ import annotations

NOTES: dict[str, str] = {
    "RE-ORC-01": "Deployment nw-prod-eu runs in the dedicated region eu-central-1. Maintenance is "
    "announced 14 days ahead; the contact on Northwind's side is the Data Platform on-call.",
    "RE-ORC-02": "Error budget for the Remote Execution API: 99.9 % per month. Breaches are "
    "reported to Northwind with the monthly service review.",
    "RE-ORC-03": "An agent counts as unavailable after three missed heartbeats. Rerouting was "
    "tested together on 15 October 2026 with two agents stopped on purpose.",
    "RE-ORC-04": "Northwind registers agents through the Astro API from its own pipeline.",
    "RE-ORC-05": "SSO is enforced for the Organization; tokens carry the least role that works.",
    "RE-ORC-06": "AES-256 at rest, TLS 1.2 or newer in transit. Keys rotate every 90 days.",
    "RE-AGS-01": "Northwind follows the stable channel. Images are signed; digests are published "
    "with each release.",
    "RE-AGS-02": "Chart releases follow the agent's. Breaking values are listed in the notes.",
    "RE-AGS-03": "Severity 1: first answer within one hour, round the clock.",
    "RE-K8S-01": "Two clusters, nw-agents-a and nw-agents-b, in two availability zones. "
    "Terraform, reviewed by two people of Kubernetes Platform.",
    "RE-K8S-02": "Node pool agents: 4 to 24 nodes, scaled by pending Pods. Quarterly capacity "
    "review with Data Platform.",
    "RE-K8S-03": "Critical patches within 7 days, others in the monthly window on the second "
    "Tuesday.",
    "RE-K8S-04": "Default deny in both directions; allow rules are generated from the service "
    "catalog and reviewed with each change.",
    "RE-K8S-05": "Egress through two NAT gateways with fixed addresses; Astro domains are on the "
    "proxy's allowlist.",
    "RE-AGD-01": "Helm chart in Git, released by Argo CD. Values per cluster, secrets outside Git.",
    "RE-AGD-02": "One token per cluster. Rotation every 90 days by a scheduled job.",
    "RE-AGD-03": "Clusters may not pull from the internet: images are mirrored nightly into "
    "registry.northwind.example and pulled by digest.",
    "RE-AGD-04": "Two custom images: base with the company's certificates, and finance with "
    "the SAP client libraries.",
    "RE-AGD-05": "Upgrade at the latest four weeks after a release; the test cluster goes first.",
    "RE-AGD-06": "Dashboards and alerts in the platform's Grafana; on-call of Data Platform.",
    "RE-SCR-01": "Backend prefix nw/airflow. No connection lives in the metadata database.",
    "RE-SCR-02": "Database passwords rotate every 30 days, API keys every 90 days.",
    "RE-SCR-03": "IRSA: the agents' service account assumes the role nw-airflow-secrets-read.",
    "RE-DAT-01": "Bucket nw-xcom-prod. Values over 1 MB are refused by a custom check.",
    "RE-DAT-02": "Buckets nw-xcom-prod and nw-airflow-logs, both in eu-central-1.",
    "RE-DAT-03": "Roles per bucket, bound to the agents' service account; no long-lived keys.",
    "RE-DAT-04": "XCom objects expire after 30 days, logs after 400. SSE-KMS with a key of ours.",
    "RE-DAG-01": "Every merge needs a review by somebody else and a green pipeline: ruff, pytest, "
    "Dag integrity test.",
    "RE-DAG-02": "Dag code is built into the project image and read by LocalDagBundle.",
    "RE-DAG-04": "One pipeline builds both images from one commit and deploys them together.",
    "RE-LOG-01": "Remote logging to nw-airflow-logs; kept after the Pod is gone.",
    "RE-LOG-02": "Logs are forwarded to the company's OpenSearch within a minute.",
    "RE-SEC-01": "Roles come from groups in the identity provider; access review each quarter.",
    "RE-SEC-02": "Entra ID with phishing-resistant MFA for everybody who can deploy.",
    "RE-SEC-03": "Register of credentials in the security team's vault; owner named for each.",
    "RE-SEC-04": "Outbound only, TLS 1.2 or newer, through the egress proxy with inspection off "
    "for Astro domains.",
    "RE-SEC-05": "Two endpoints, one per cluster; public egress to Astro is blocked.",
    "RE-SEC-06": "VPC endpoints for S3 and Secrets Manager; databases only over TLS with "
    "verified certificates.",
    "RE-SEC-07": "Rules live in Terraform; each has an owner, a reason and an end date.",
    "RE-SEC-08": "Dependabot and a nightly image scan; critical findings block the deployment.",
}

CHOSEN: dict[str, dict[str, str]] = {
    "RE-AGD-03": {"image-source": "Private registry"},
    "RE-AGD-05": {"target-version": "Latest version (recommended)"},
    "RE-SCR-01": {"secrets-backend": "AWS Secrets Manager"},
    "RE-SCR-03": {"access-mechanism": "Workload identity"},
    "RE-DAT-01": {"xcom-backend": "AWS S3"},
    "RE-DAT-02": {"storage-unit": "Buckets"},
    "RE-DAT-03": {"identity-mechanism": "IAM roles"},
    "RE-DAG-02": {"dag-source": "LocalDagBundle"},
    "RE-SEC-05": {"private-connectivity": "AWS PrivateLink"},
}

NOT_APPLICABLE: dict[str, str] = {
    "RE-DAG-03": "Northwind uses LocalDagBundle only; agents hold no Git credentials.",
}

# Days until the next review, where it differs from the model's interval.
REVIEW_IN_DAYS: dict[str, int] = {"RE-SEC-03": -12, "RE-K8S-04": 21, "RE-SCR-02": 9}
