"""All addresses: the accounts of django-allauth, the health check, and the application."""

from django.urls import URLPattern, URLResolver, include, path

from responsibilities.views.health import healthz

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("accounts/", include("allauth.account.urls")),
    path("", include("responsibilities.urls")),
]
