"""The addresses of the app, grouped by resource."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, register_converter
from django.urls.converters import StringConverter

from responsibilities.matrix.releases import NUMBER
from responsibilities.views import (
    attestations,
    audit,
    bulk,
    cells,
    checkpoints,
    evidence,
    evidence_forms,
    exports,
    items,
    matrix,
    members,
    release_changes,
    release_files,
    releases,
    signoff_register,
    signoffs,
    teams,
    verify,
    workspaces,
)


class KeyConverter(StringConverter):
    """The key of an item or of a party, as the catalog may have it and nothing else."""

    regex = "[A-Za-z0-9._-]{1,64}"


class EditionConverter(StringConverter):
    """The number of a release, such as 1.0."""

    regex = NUMBER


register_converter(KeyConverter, "key")
register_converter(EditionConverter, "edition")

type Routes = list[URLPattern | URLResolver]

matrix_routes: Routes = [
    path("matrix/", matrix.matrix, name="matrix"),
    path("matrix/rows/<key:key>/", matrix.matrix_row, name="matrix_row"),
    path("matrix/bulk/", bulk.matrix_bulk, name="matrix_bulk"),
    path("items/<key:key>/cells/<uuid:team_id>/", cells.cell, name="cell"),
    path("items/<key:key>/undo/", cells.cell_undo, name="cell_undo"),
]

item_routes: Routes = [
    path("items/<key:key>/", items.item_detail, name="item_detail"),
    path("items/<key:key>/edit/", items.item_edit, name="item_edit"),
    path("items/<key:key>/history/", items.item_history, name="item_history"),
    path("items/<key:key>/sign/", signoffs.signoff_sign, name="signoff_sign"),
]

evidence_routes: Routes = [
    path("evidence/", evidence.evidence_list, name="evidence_list"),
    path("evidence/new/", evidence_forms.evidence_new, name="evidence_new"),
    path(
        "evidence/<uuid:evidence>/",
        include(
            [
                path("", evidence.evidence_detail, name="evidence_detail"),
                path("edit/", evidence_forms.evidence_edit, name="evidence_edit"),
                path("revise/", evidence_forms.evidence_revise, name="evidence_revise"),
                path("link/", evidence.evidence_link, name="evidence_link"),
                path("unlink/", evidence.evidence_unlink, name="evidence_unlink"),
                path("archive/", evidence.evidence_archive, name="evidence_archive"),
                path("restore/", evidence.evidence_restore, name="evidence_restore"),
                path("r/<int:number>/", evidence.evidence_download, name="evidence_download"),
                path("r/<int:number>/view/", evidence.evidence_view, name="evidence_view"),
            ]
        ),
    ),
    path("items/<key:key>/evidence/", evidence.item_evidence, name="item_evidence"),
]

signoff_routes: Routes = [
    path("sign-offs/", signoff_register.signoff_list, name="signoff_list"),
    path("sign-offs/sign/", signoffs.signoff_bulk, name="signoff_bulk"),
    path("sign-offs/<uuid:signoff_id>/", signoff_register.signoff_detail, name="signoff_detail"),
    path(
        "sign-offs/<uuid:signoff_id>/withdraw/", signoffs.signoff_withdraw, name="signoff_withdraw"
    ),
]

release_routes: Routes = [
    path("releases/", releases.release_list, name="release_list"),
    path("releases/new/", releases.release_new, name="release_new"),
    path("releases/changes/", release_changes.release_changes, name="release_changes"),
    path(
        "releases/changes.json",
        release_changes.release_changes_json,
        name="release_changes_json",
    ),
    path(
        "releases/<edition:number>/",
        include(
            [
                path("", releases.release_detail, name="release_detail"),
                path("matrix.json", releases.release_snapshot, name="release_snapshot"),
                path("file", release_files.release_file, name="release_file"),
                path("export/", release_files.release_export, name="release_export"),
                path("attest/", attestations.release_attest, name="release_attest"),
                path("withdraw/", attestations.release_withdraw, name="release_withdraw"),
            ]
        ),
    ),
]

people_routes: Routes = [
    path("teams/", teams.team_list, name="team_list"),
    path("teams/add/<key:party>/", teams.team_add, name="team_add"),
    path("teams/<uuid:team_id>/edit/", teams.team_edit, name="team_edit"),
    path("teams/<uuid:team_id>/people/", teams.team_people, name="team_people"),
    path("teams/<uuid:team_id>/move/", teams.team_move, name="team_move"),
    path("teams/<uuid:team_id>/archive/", teams.team_archive, name="team_archive"),
    path("teams/<uuid:team_id>/restore/", teams.team_restore, name="team_restore"),
    path("members/", members.member_list, name="member_list"),
    path("members/add/<key:party>/", members.member_add, name="member_add"),
    path("members/<uuid:member_id>/edit/", members.member_edit, name="member_edit"),
    path("members/<uuid:member_id>/remove/", members.member_remove, name="member_remove"),
]

record_routes: Routes = [
    path("audit/", audit.audit_list, name="audit_list"),
    path("audit/<int:seq>/", audit.audit_detail, name="audit_detail"),
    path("audit/checkpoints/", checkpoints.checkpoint_list, name="checkpoint_list"),
    path("audit/checkpoints/issue/", checkpoints.checkpoint_issue, name="checkpoint_issue"),
    path("audit/checkpoints/<int:size>.txt", checkpoints.checkpoint_file, name="checkpoint_file"),
    path("audit/bundle.zip", checkpoints.bundle_new, name="bundle_new"),
    path("exports/", exports.export_list, name="export_list"),
    path("exports/new/", exports.export_new, name="export_new"),
    path("exports/<uuid:export_id>/cancel/", exports.export_cancel, name="export_cancel"),
    path("exports/<uuid:export_id>/file", exports.export_file, name="export_file"),
]

urlpatterns: Routes = [
    path("", workspaces.workspace_list, name="workspace_list"),
    path(".well-known/rexmatrix-keys", checkpoints.log_keys, name="log_keys"),
    path("verify_rexmatrix.py", checkpoints.verifier_file, name="verifier_file"),
    path("verify/", verify.verify, name="verify"),
    path("w/new/", workspaces.workspace_new, name="workspace_new"),
    path(
        "w/<slug:slug>/",
        include(
            [
                path("", workspaces.workspace_overview, name="workspace_overview"),
                path("edit/", workspaces.workspace_edit, name="workspace_edit"),
                *matrix_routes,
                *item_routes,
                *evidence_routes,
                *signoff_routes,
                *release_routes,
                *people_routes,
                *record_routes,
            ]
        ),
    ),
]
