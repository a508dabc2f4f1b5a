"""The marks of `{% load ui %}`: what they draw, what a screen reader gets, what is escaped."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.staticfiles import finders
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from responsibilities.choices import Letter, ReleaseStatus, Severity, SignoffState
from responsibilities.templatetags import ui

WHEN = dt.datetime(2026, 11, 22, 23, 5, tzinfo=dt.UTC)


def render(source: str, **context: object) -> str:
    """Return what a template with `{% load ui %}` draws."""
    return Template("{% load ui %}" + source).render(Context(context))


def sprite_names() -> set[str]:
    """Return the names of the icons in the vendored sprite."""
    path = finders.find(ui.SPRITE)
    assert isinstance(path, str)
    return set(re.findall(r'<symbol id="([\w-]+)"', Path(path).read_text(encoding="utf-8")))


def test_the_status_of_a_release_has_a_word_and_a_sign() -> None:
    signs = set()
    for status in ReleaseStatus:
        drawn = render("{% release_state value %}", value=status.value)
        assert f"<span>{status.label}</span>" in drawn
        signs.update(re.findall(r"#([\w-]+)", drawn))
    assert len(signs) == len(ReleaseStatus)
    assert signs <= sprite_names()


def test_digests_in_a_text_are_set_apart_and_nothing_else_changes() -> None:
    digest = "0123456789abcdef" * 4
    drawn = render("{{ text|marked_digests }}", text=f"of “A & B” with {digest} and {digest}f")
    assert drawn == (
        f'of “A &amp; B” with <code class="hash hash-whole">{digest}</code> and {digest}f'
    )


def test_icon_is_decoration_unless_it_has_a_label() -> None:
    assert 'aria-hidden="true"' in render('{% icon "check" %}')
    labelled = render('{% icon "check" "icon-lg" label=words %}', words="a <b>")
    assert 'role="img" aria-label="a &lt;b&gt;"' in labelled
    assert 'class="icon icon-lg"' in labelled
    assert "#check" in labelled


def test_every_icon_named_in_a_template_is_in_the_sprite() -> None:
    folders = [Path(django_settings.BASE_DIR) / "templates"]
    named = {
        (template.name, name)
        for folder in folders
        for template in folder.rglob("*.html")
        for name in re.findall(
            r"""(?:{% icon |empty_icon=)["']([\w-]+)["']""", template.read_text(encoding="utf-8")
        )
    }
    assert named
    known = sprite_names()
    assert {(where, name) for where, name in named if name not in known} == set()


def test_every_sign_of_a_state_is_in_the_sprite() -> None:
    marks = [*ui.SIGNOFF_MARKS.values(), *ui.SEVERITY_MARKS.values()]
    assert {sign for _tone, sign in marks} <= sprite_names()


@pytest.mark.parametrize("value", Letter)
def test_letter_is_seen_as_letter_and_spoken_as_its_meaning(value: Letter) -> None:
    drawn = render("{% letter value %}", value=value.value)
    assert f'class="letter letter-{value.value}"' in drawn
    assert f'<span aria-hidden="true">{value.value}</span>' in drawn
    assert f'<span class="visually-hidden">{value.label}</span>' in drawn


def test_unknown_letter_is_refused() -> None:
    with pytest.raises(ValueError, match="'X' is not a valid Letter"):
        ui.letter("X")


def test_side_escapes_the_name() -> None:
    assert (
        render("{% side 'third_party' name %}", name="A & <i>")
        == '<span class="side side-third_party">A &amp; &lt;i&gt;</span>'
    )


@pytest.mark.parametrize("value", SignoffState)
def test_signoff_state_always_has_a_word(value: SignoffState) -> None:
    assert f"<span>{value.label}</span>" in render("{% signoff_state value %}", value=value)
    small = render("{% signoff_state value icon_only=True %}", value=value)
    assert f"<span>{value.label}</span>" in small
    assert "icon-only" in small


@pytest.mark.parametrize("value", Severity)
def test_severity_keeps_the_words_of_the_finding(value: Severity) -> None:
    drawn = render("{% severity value 'Nobody is accountable' %}", value=value)
    assert "state-wrong" in drawn if value == Severity.WRONG else "state-soon" in drawn
    assert "Nobody is accountable" in drawn


@pytest.mark.parametrize(
    ("value", "total", "width", "tone"),
    [(0, 0, "0", ""), (1, 8, "12.5", ""), (2, 3, "66.67", ""), (6, 6, "100.0", " is-full")],
)
def test_meter_draws_the_share_as_an_attribute(
    value: int, total: int, width: str, tone: str
) -> None:
    drawn = render("{% meter value total %}", value=value, total=total)
    assert f'class="meter-fill{tone}" width="{width}"' in drawn
    assert f"{value} of {total}" in drawn
    assert "style=" not in drawn


def test_dates_are_iso_in_tables_and_spelled_out_in_prose() -> None:
    day = dt.date(2026, 11, 2)
    assert render("{{ d|isodate }}", d=day) == "2026-11-02"
    assert render("{{ d|longdate }}", d=day) == "2 November 2026"
    assert render("{{ d|isodate }}{{ d|longdate }}{{ d|zoned }}{% timestamp d %}", d=None) == ""


def test_times_are_shown_in_the_current_zone_with_its_name() -> None:
    with timezone.override("Europe/Berlin"):
        assert render("{{ t|zoned }}", t=WHEN) == "2026-11-23 00:05 CET"
        assert render("{{ t|isodate }}", t=WHEN) == "2026-11-23"
        assert (
            render("{% timestamp t %}", t=WHEN)
            == '<time datetime="2026-11-22T23:05:00+00:00">2026-11-23 00:05 CET</time>'
        )


def test_digest_is_short_to_read_and_whole_in_the_title() -> None:
    whole = "0123456789abcdef" * 4
    assert (
        render("{% digest d %}", d=whole)
        == f'<code class="hash" title="{whole}">0123456789ab</code>'
    )


@pytest.mark.parametrize(
    ("name", "initials"),
    [("Ada Lovelace", "AL"), ("Cher", "C"), ("", ""), ("Ana María de la Cruz", "AC")],
)
def test_initials_are_first_and_last(name: str, initials: str) -> None:
    assert ui.initials(name) == initials


@pytest.mark.parametrize(
    ("cookie", "chosen"),
    [("dark", "dark"), ("light", "light"), ("auto", ""), ('"><script>', ""), (None, "")],
)
def test_theme_is_read_from_the_cookie_and_nothing_else_gets_through(
    cookie: str | None, chosen: str
) -> None:
    request = RequestFactory().get("/")
    if cookie is not None:
        request.COOKIES[ui.THEME_COOKIE] = cookie
    assert render("{% theme %}", request=request) == chosen
    assert render("{% theme %}") == ""
