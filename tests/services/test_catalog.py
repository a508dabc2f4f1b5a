"""Loading the catalog: all or nothing, repeatable, and never over a published version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from responsibilities.choices import Letter, VersionStatus, Via
from responsibilities.models import ModelVersion, Responsibility, ResponsibilityModel
from responsibilities.permissions import Actor, NotAllowedError, system_actor
from responsibilities.services import catalog
from responsibilities.services.catalog_content import content_digest, stored_content
from tests.services.catalog_records import (
    ASTRO,
    DIRECTORY,
    KINDS,
    MANAGED,
    counts,
    find,
    letters_of,
    load,
    move_accountable,
    next_version,
    original,
    refused,
    write,
    write_sound,
)
from tests.world import make_user, make_workspace

pytestmark = pytest.mark.django_db


def test_loads_all_models_and_then_finds_them_unchanged() -> None:
    first = catalog.load_models(actor=system_actor(), directory=DIRECTORY)
    assert first == catalog.LoadResult(loaded=(ASTRO, MANAGED), unchanged=())
    before = counts()
    second = catalog.load_models(actor=system_actor(), directory=DIRECTORY)
    assert second == catalog.LoadResult(loaded=(), unchanged=(ASTRO, MANAGED))
    assert counts() == before


def test_service_and_loaddata_store_the_same() -> None:
    catalog.load_models(actor=system_actor(), directory=DIRECTORY)
    ours = [stored_content(version) for version in ModelVersion.objects.order_by("digest")]
    ResponsibilityModel.objects.get(slug="astro-remote-execution").versions.all().delete()
    ModelVersion.objects.all().delete()
    for slug in ("astro-remote-execution", "kubernetes-managed-service"):
        call_command("loaddata", f"{slug}/2026-11", verbosity=0)
    theirs = [stored_content(version) for version in ModelVersion.objects.order_by("digest")]
    assert [content_digest(content) for content in ours] == [
        content_digest(content) for content in theirs
    ]
    assert all(
        content_digest(content) == version.digest
        for content, version in zip(theirs, ModelVersion.objects.order_by("digest"), strict=True)
    )
    result = catalog.load_models(actor=system_actor(), directory=DIRECTORY)
    assert result.loaded == ()


def test_only_the_operator_loads_models() -> None:
    actor = Actor(user=make_user("Ada"), via=Via.WEB)
    with pytest.raises(NotAllowedError):
        catalog.load_models(actor=actor, directory=DIRECTORY)
    assert counts() == [0] * len(KINDS)


def test_loading_takes_the_same_number_of_queries_for_any_size(
    tmp_path: Path, django_assert_num_queries: Any
) -> None:
    records = original()
    small = [
        record
        for record in records
        if record["model"] != "responsibilities.responsibility"
        or record["fields"]["key"].endswith("-01")
    ]
    kept = {r["fields"]["key"] for r in small if r["model"] == "responsibilities.responsibility"}
    small = [
        record
        for record in small
        if record["model"] != "responsibilities.defaultassignment"
        or record["fields"]["responsibility"][2] in kept
    ]
    find(small, "responsibilitymodel")["slug"] = "small"
    small = json.loads(json.dumps(small).replace('["astro-remote-execution"', '["small"'))
    with CaptureQueriesContext(connection) as few:
        load(write_sound(tmp_path, small))
    with django_assert_num_queries(len(few)):
        load(DIRECTORY / "astro-remote-execution" / "2026-11.json")


def test_changed_published_version_is_refused_with_the_first_differences(tmp_path: Path) -> None:
    load(write(tmp_path, original()))
    records = original()
    find(records, "responsibility", key="RE-K8S-01")["title"] = "Clusters"
    find(records, "responsibility", key="RE-ORC-03")["statement"] += " And more."
    find(records, "party", key="customer")["name"] = "Client"
    message = refused(write_sound(tmp_path, records))
    assert "model/version.json: astro-remote-execution 2026-11: is published" in message
    assert 'RE-K8S-01 title: "Kubernetes clusters for the agents" → "Clusters"' in message
    assert "RE-ORC-03 statement: …" in message
    assert ' And more."' in message
    assert 'customer name: "Customer" → "Client"' in message
    assert "digest" in message
    assert Responsibility.objects.get(key="RE-K8S-01").title == "Kubernetes clusters for the agents"


def test_difference_is_named_even_if_the_digest_was_not_brought_up_to_date(
    tmp_path: Path,
) -> None:
    load(write(tmp_path, original()))
    records = original()
    find(records, "responsibility", key="RE-K8S-01")["title"] = "Clusters"
    message = refused(write(tmp_path, records))
    assert "states the digest" in message
    assert "RE-K8S-01 title" in message


def test_many_differences_are_counted(tmp_path: Path) -> None:
    load(write(tmp_path, original()))
    records = original()
    for record in records:
        if record["model"] == "responsibilities.responsibility":
            record["fields"]["guidance"] = "Other."
    message = refused(write_sound(tmp_path, records))
    assert message.count("guidance: ") == catalog.DIFFERENCES_SHOWN
    assert "and 39 differences more" in message


def test_added_and_removed_records_of_a_published_version_are_named(tmp_path: Path) -> None:
    load(write(tmp_path, original()))
    records = original()
    letters = letters_of(records, "RE-ORC-01")
    informed = next(item for item in letters if item["fields"]["letter"] == Letter.INFORMED)
    informed["fields"]["letter"] = Letter.CONSULTED
    message = refused(write_sound(tmp_path, records))
    assert "RE-ORC-01 customer-support C: defaultassignment added" in message
    assert "RE-ORC-01 customer-support I: defaultassignment removed" in message


def test_change_made_in_the_database_is_noticed(tmp_path: Path) -> None:
    path = write(tmp_path, original())
    load(path)
    Responsibility.objects.filter(key="RE-SEC-05").update(obligation="optional", condition="")
    message = refused(path)
    assert 'RE-SEC-05 obligation: "optional" → "conditional"' in message


def test_published_version_can_be_withdrawn_but_not_brought_back(tmp_path: Path) -> None:
    load(write(tmp_path, original()))
    records = original()
    find(records, "modelversion")["status"] = VersionStatus.WITHDRAWN
    assert load(write(tmp_path, records)).loaded == (ASTRO,)
    assert ModelVersion.objects.get().status == VersionStatus.WITHDRAWN
    assert load(write(tmp_path, records)).unchanged == (ASTRO,)
    for status in (VersionStatus.PUBLISHED, VersionStatus.DRAFT):
        find(records, "modelversion")["status"] = status
        message = refused(write(tmp_path, records))
        assert f"is withdrawn in the database and cannot become {status} again" in message


def test_draft_is_brought_up_to_date_and_keeps_its_records(tmp_path: Path) -> None:
    records = original()
    find(records, "modelversion")["status"] = VersionStatus.DRAFT
    load(write(tmp_path, records))
    stayed = Responsibility.objects.get(key="RE-SEC-07")
    find(records, "responsibility", key="RE-SEC-07")["title"] = "Rules"
    gone = find(records, "responsibility", key="RE-SEC-08")
    letters = letters_of(records, "RE-SEC-08")
    records = [r for r in records if r["fields"] is not gone and r not in letters]
    move_accountable(records, "RE-SEC-07", "kubernetes-platform")
    assert load(write_sound(tmp_path, records)).loaded == (ASTRO,)
    stayed.refresh_from_db()
    assert stayed.title == "Rules"
    assert not Responsibility.objects.filter(key="RE-SEC-08").exists()
    accountable = stayed.default_assignments.get(letter=Letter.ACCOUNTABLE)
    assert accountable.team.key == "kubernetes-platform"
    version = ModelVersion.objects.get()
    assert content_digest(stored_content(version)) == version.digest
    find(records, "modelversion")["status"] = VersionStatus.PUBLISHED
    assert load(write(tmp_path, records)).loaded == (ASTRO,)


def test_draft_that_a_workspace_uses_does_not_lose_records(tmp_path: Path) -> None:
    load(write(tmp_path, original()))
    make_workspace(ModelVersion.objects.get(), "acme", "Acme")
    ModelVersion.objects.update(status=VersionStatus.DRAFT)  # as plain loaddata could do
    records = original()
    find(records, "modelversion")["status"] = VersionStatus.DRAFT
    gone = find(records, "responsibility", key="RE-SEC-08")
    letters = letters_of(records, "RE-SEC-08")
    records = [r for r in records if r["fields"] is not gone and r not in letters]
    find(records, "responsibility", key="RE-SEC-07")["title"] = "Rules"
    message = refused(write_sound(tmp_path, records))
    assert "a workspace uses a responsibility that the file no longer has: RE-SEC-08" in message
    assert Responsibility.objects.get(key="RE-SEC-07").title != "Rules"


def test_new_version_of_a_model_stands_beside_the_old_one(tmp_path: Path) -> None:
    load(write(tmp_path, original()))
    records = next_version()
    find(records, "responsibility", key="RE-K8S-01")["title"] = "Clusters"
    path = write_sound(tmp_path, records)
    assert load(path).loaded == ("astro-remote-execution 2027-05",)
    titles = Responsibility.objects.filter(key="RE-K8S-01").order_by("version__label")
    assert [duty.title for duty in titles] == ["Kubernetes clusters for the agents", "Clusters"]


def test_new_version_may_not_rename_a_published_model(tmp_path: Path) -> None:
    first = write(tmp_path, original(), name="model/1.json")
    records = next_version()
    find(records, "responsibilitymodel")["title"] = "Renamed"
    second = write_sound(tmp_path, records, name="model/2.json")
    assert "describes the model otherwise than model/1.json" in refused(first, second)
    load(first)
    assert '→ "Renamed"' in refused(second)


def test_same_version_in_two_files_is_refused(tmp_path: Path) -> None:
    first = write(tmp_path, original(), name="model/1.json")
    second = write(tmp_path, original(), name="model/2.json")
    assert "model/2.json: " + ASTRO + ": is in model/1.json as well" in refused(first, second)


def test_one_bad_file_keeps_the_good_one_out_and_all_problems_are_named(tmp_path: Path) -> None:
    good = DIRECTORY / "kubernetes-managed-service" / "2026-11.json"
    records = original()
    find(records, "responsibility", key="RE-ORC-01")["condition"] = "Sometimes."
    find(records, "responsibility", key="RE-DAT-02")["controls"] = ["AC-2"]
    bad = write_sound(tmp_path, records, name="model/bad.json")
    worse = write(tmp_path, {"no": "list"}, name="model/worse.json")
    message = refused(good, bad, worse)
    assert message.startswith("Nothing was loaded: 3 problems.")
    assert "model/bad.json: RE-ORC-01: a condition must be stated" in message
    assert "model/bad.json: RE-DAT-02: controls must be a list" in message
    assert "model/worse.json: is not a list of records" in message


def test_no_fixture_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(catalog.CatalogError, match="there is no fixture to load"):
        catalog.load_models(actor=system_actor(), directory=tmp_path)
