"""Keys on a PKCS#11 token: SoftHSM, made for the tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from responsibilities.checks import check_pdf_certificate
from responsibilities.exchange.pdf import signing
from responsibilities.exchange.pdf.certificates import SigningError
from responsibilities.matrix import Matrix
from tests.certificates import DAY, Issued, authority, issue, rsa_key
from tests.exchange.pdf.judging import judged
from tests.exchange.pdf.samples import details, write
from tests.find_softhsm import softhsm_module
from tests.tokens import PIN, make_token, put, tokens

LABEL = "Office; export"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Issued]]:
    """A token with a key of each kind; the certificate of one is seen with the PIN only."""
    folder = tmp_path_factory.mktemp("tokens")
    issued = {
        "ecdsa": issue("On a token, ECDSA", above=authority()),
        "rsa": issue("On a token, RSA", above=authority(), key=rsa_key()),
        "hidden": issue("On a token, hidden", above=authority()),
        "old": issue("On a token, old", above=authority(), start=-9 * DAY, end=-DAY),
    }
    with tokens(folder):
        make_token(LABEL)
        for name, one in issued.items():
            put(LABEL, name, one, folder, private=name == "hidden")
        yield issued


@pytest.fixture
def on_token(settings: Settings, keys: dict[str, Issued]) -> Settings:  # noqa: ARG001 (the token)
    """Settings that name the token."""
    settings.REXMATRIX_PDF_CERTIFICATE = ""
    settings.REXMATRIX_PDF_PASSPHRASE = PIN
    choose(settings, "ecdsa")
    return settings


def choose(settings: Settings, name: str, label: str = LABEL) -> None:
    """Name a key of the token."""
    settings.REXMATRIX_PDF_PKCS11 = {"MODULE": softhsm_module(), "LABEL": label, "OBJECT": name}


def refusal() -> str:
    """Return why nothing can be signed."""
    with pytest.raises(SigningError) as refused:
        signing.prepare()
    return str(refused.value)


@pytest.mark.parametrize("name", ["ecdsa", "rsa", "hidden"])
def test_a_file_is_signed_on_the_token(
    name: str, keys: dict[str, Issued], on_token: Settings, matrices: dict[str, Matrix]
) -> None:
    choose(on_token, name)
    written = write(matrices["narrow"], details())
    status = judged(written.data, keys[name].root)
    assert status.bottom_line
    assert status.signing_cert.subject.native["common_name"] == (
        keys[name].certificate.subject.rfc4514_string().split("CN=")[1].replace("\\,", ",")
    )
    again = signing.prepare()  # the session was closed: the PIN is asked for again
    assert again is not None


def test_what_the_token_refuses(on_token: Settings) -> None:
    on_token.REXMATRIX_PDF_PASSPHRASE = "000000"
    assert refusal() == f"The token “{LABEL}” refuses the PIN."
    on_token.REXMATRIX_PDF_PASSPHRASE = PIN
    choose(on_token, "ecdsa", "Elsewhere")
    assert refusal() == "There is no token “Elsewhere”."
    choose(on_token, "nothing")
    assert refusal() == f"The token “{LABEL}” has no certificate “nothing”."
    choose(on_token, "old")
    assert refusal().startswith("The certificate “On a token, old” expired on")
    on_token.REXMATRIX_PDF_PKCS11["MODULE"] = "/nowhere/module.so"
    assert refusal().startswith(f"The token “{LABEL}” does not answer (")


def test_a_certificate_without_its_key_on_the_token(
    on_token: Settings, matrices: dict[str, Matrix]
) -> None:
    choose(on_token, "authority-of-nobody")
    with pytest.raises(SigningError):
        write(matrices["narrow"], details())


def test_the_check_reads_the_token_without_the_pin(on_token: Settings) -> None:
    on_token.REXMATRIX_PDF_PASSPHRASE = "000000"
    assert check_pdf_certificate(None) == []
    choose(on_token, "hidden")
    assert check_pdf_certificate(None) == []
    choose(on_token, "old")
    assert [message.id for message in check_pdf_certificate(None)] == ["responsibilities.W002"]
    choose(on_token, "ecdsa", "Elsewhere")
    assert [message.id for message in check_pdf_certificate(None)] == ["responsibilities.W002"]
