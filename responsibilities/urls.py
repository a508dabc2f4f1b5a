"""The addresses of the app, grouped by resource."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from responsibilities.views import (
    audit,
    evidence,
    exports,
    matrix,
    members,
    signoffs,
    teams,
    workspaces,
)

type Routes = list[URLPattern | URLResolver]

matrix_routes: Routes = [
    path("matrix/", matrix.matrix, name="matrix"),
]

item_routes: Routes = []

evidence_routes: Routes = [
    path("evidence/", evidence.evidence_list, name="evidence_list"),
]

signoff_routes: Routes = [
    path("sign-offs/", signoffs.signoff_list, name="signoff_list"),
]

people_routes: Routes = [
    path("teams/", teams.team_list, name="team_list"),
    path("members/", members.member_list, name="member_list"),
]

record_routes: Routes = [
    path("audit/", audit.audit_list, name="audit_list"),
    path("exports/", exports.export_list, name="export_list"),
]

urlpatterns: Routes = [
    path("", workspaces.workspace_list, name="workspace_list"),
    path("w/new/", workspaces.workspace_new, name="workspace_new"),
    path(
        "w/<slug:slug>/",
        include(
            [
                path("", workspaces.workspace_overview, name="workspace_overview"),
                *matrix_routes,
                *item_routes,
                *evidence_routes,
                *signoff_routes,
                *people_routes,
                *record_routes,
            ]
        ),
    ),
]
