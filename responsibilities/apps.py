"""The application's registration with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ResponsibilitiesConfig(AppConfig):
    """Registers the system checks when Django starts."""

    name = "responsibilities"
    verbose_name = _("Responsibilities")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Load the system checks, which register themselves."""
        from responsibilities import checks  # noqa: F401
