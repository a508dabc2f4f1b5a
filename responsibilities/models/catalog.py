"""The catalog: published responsibility models. Immutable once published."""

from __future__ import annotations

from typing import ClassVar, override

from django.db import models
from django.utils.translation import gettext_lazy as _

from responsibilities.choices import Letter, Obligation, PartyKind, VersionStatus

type NaturalKey = tuple[str, ...]


class ResponsibilityModelManager(models.Manager["ResponsibilityModel"]):
    """Looks models up by slug."""

    def get_by_natural_key(self, slug: str) -> ResponsibilityModel:
        """Return the model with this slug."""
        return self.get(slug=slug)


class ResponsibilityModel(models.Model):
    """A shared responsibility model as its publisher names it; its content is in its versions."""

    slug = models.SlugField(unique=True, max_length=80)
    title = models.CharField(max_length=200)
    publisher = models.CharField(max_length=120)
    source_url = models.URLField(blank=True)
    summary = models.TextField(blank=True)

    objects = ResponsibilityModelManager()

    class Meta:
        ordering = ("title",)

    @override
    def __str__(self) -> str:
        return self.title

    def natural_key(self) -> NaturalKey:
        """Return ``(slug,)``."""
        return (self.slug,)


class ModelVersionManager(models.Manager["ModelVersion"]):
    """Looks versions up by model slug and label."""

    def get_by_natural_key(self, slug: str, label: str) -> ModelVersion:
        """Return the version of model `slug` with this label."""
        return self.select_related("model").get(model__slug=slug, label=label)


class ModelVersion(models.Model):
    """One edition of a model. `digest` is the SHA-256 of its canonical content."""

    model = models.ForeignKey(
        ResponsibilityModel, on_delete=models.PROTECT, related_name="versions"
    )
    label = models.CharField(max_length=40)
    status = models.CharField(max_length=12, choices=VersionStatus, default=VersionStatus.DRAFT)
    released_on = models.DateField(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    summary = models.TextField(blank=True)
    references = models.JSONField(default=list, blank=True)

    objects = ModelVersionManager()

    class Meta:
        ordering = ("model", "-released_on", "-label")
        constraints = (
            models.UniqueConstraint(fields=("model", "label"), name="version_label_once"),
        )

    @override
    def __str__(self) -> str:
        return f"{self.model.title} {self.label}"

    def natural_key(self) -> NaturalKey:
        """Return ``(model slug, label)``."""
        return (*self.model.natural_key(), self.label)

    natural_key.dependencies = ["responsibilities.responsibilitymodel"]  # type: ignore[attr-defined]


class VersionPartManager[M: models.Model](models.Manager[M]):
    """Looks the parts of a version up by model slug, version label and key."""

    def get_by_natural_key(self, slug: str, label: str, key: str) -> M:
        """Return the part with this key in version `label` of model `slug`."""
        return self.select_related("version__model").get(
            version__model__slug=slug, version__label=label, key=key
        )


class VersionPart(models.Model):
    """A keyed, ordered part of one model version."""

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE)
    key = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        abstract = True
        ordering: ClassVar[tuple[str, ...]] = ("position", "key")
        constraints = (
            models.UniqueConstraint(fields=("version", "key"), name="%(class)s_key_once"),
        )

    def natural_key(self) -> NaturalKey:
        """Return ``(model slug, version label, key)``."""
        return (*self.version.natural_key(), self.key)

    natural_key.dependencies = ["responsibilities.modelversion"]  # type: ignore[attr-defined]


class Party(VersionPart):
    """A side of the model. In a workspace an organization takes its seat."""

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=12, choices=PartyKind)
    description = models.TextField(blank=True)

    objects = VersionPartManager["Party"]()

    class Meta(VersionPart.Meta):
        abstract = False
        verbose_name_plural = "parties"

    @override
    def __str__(self) -> str:
        return self.name


class Section(VersionPart):
    """A titled group of responsibilities, with its plane and the party that holds it."""

    title = models.CharField(max_length=120)
    plane = models.CharField(max_length=120, blank=True)
    holder = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="sections")
    summary = models.TextField(blank=True)

    objects = VersionPartManager["Section"]()

    class Meta(VersionPart.Meta):
        abstract = False

    @override
    def __str__(self) -> str:
        return self.title


class Responsibility(VersionPart):
    """One duty of the model, in the publisher's meaning and our words.

    `options` is a list of ``{"key", "name", "choices": [str]}``; `evidence_hints` a list of
    strings; `controls` a list of ``{"framework", "control"}``. `holder` is empty where the
    party that holds the section holds the duty too.
    """

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="responsibilities")
    holder = models.ForeignKey(
        Party, on_delete=models.CASCADE, related_name="+", null=True, blank=True
    )
    title = models.CharField(max_length=120)
    statement = models.TextField()
    obligation = models.CharField(max_length=12, choices=Obligation, default=Obligation.REQUIRED)
    condition = models.TextField(blank=True)
    options = models.JSONField(default=list, blank=True)
    guidance = models.TextField(blank=True)
    evidence_hints = models.JSONField(default=list, blank=True)
    review_interval_months = models.PositiveSmallIntegerField(
        _("review interval in months"), default=12
    )
    controls = models.JSONField(default=list, blank=True)

    objects = VersionPartManager["Responsibility"]()

    class Meta(VersionPart.Meta):
        abstract = False
        ordering: ClassVar[tuple[str, ...]] = ("section__position", "position", "key")
        verbose_name_plural = "responsibilities"

    @override
    def __str__(self) -> str:
        return f"{self.key} {self.title}"


class TeamTemplate(VersionPart):
    """A starter team of one party, so that a new workspace is not an empty grid."""

    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="team_templates")
    name = models.CharField(max_length=80)
    description = models.TextField(blank=True)

    objects = VersionPartManager["TeamTemplate"]()

    class Meta(VersionPart.Meta):
        abstract = False

    @override
    def __str__(self) -> str:
        return self.name


class DefaultAssignmentManager(models.Manager["DefaultAssignment"]):
    """Looks default letters up by version, responsibility, team and letter."""

    def get_by_natural_key(
        self, slug: str, label: str, responsibility: str, team: str, letter: str
    ) -> DefaultAssignment:
        """Return the default letter of a starter team on a responsibility."""
        return self.get(
            responsibility__version__model__slug=slug,
            responsibility__version__label=label,
            responsibility__key=responsibility,
            team__key=team,
            letter=letter,
        )


class DefaultAssignment(models.Model):
    """A letter that a starter team has on a responsibility in a new workspace."""

    responsibility = models.ForeignKey(
        Responsibility, on_delete=models.CASCADE, related_name="default_assignments"
    )
    team = models.ForeignKey(
        TeamTemplate, on_delete=models.CASCADE, related_name="default_assignments"
    )
    letter = models.CharField(max_length=1, choices=Letter)

    objects = DefaultAssignmentManager()

    class Meta:
        ordering = ("responsibility", "team", "letter")
        constraints = (
            models.UniqueConstraint(
                fields=("responsibility", "team", "letter"), name="default_letter_once"
            ),
            models.UniqueConstraint(
                fields=("responsibility",),
                condition=models.Q(letter="A"),
                name="default_one_accountable",
            ),
        )

    @override
    def __str__(self) -> str:
        return f"{self.responsibility_id} {self.team_id} {self.letter}"

    def natural_key(self) -> NaturalKey:
        """Return ``(model slug, version label, responsibility key, team key, letter)``."""
        return (*self.responsibility.natural_key(), self.team.key, self.letter)

    natural_key.dependencies = [  # type: ignore[attr-defined]
        "responsibilities.responsibility",
        "responsibilities.teamtemplate",
    ]
