"""Where SoftHSM is, the PKCS#11 token of the tests. Run as a program, it says whether it works."""

import os
import shutil
import sys
from pathlib import Path

import pkcs11

PLACES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)


def softhsm_module() -> str:
    """Return the module that SOFTHSM2_MODULE names or that is installed."""
    named = os.environ.get("SOFTHSM2_MODULE")
    return named or next((place for place in PLACES if Path(place).exists()), PLACES[0])


def softhsm_program() -> str:
    """Return the program that makes tokens."""
    return shutil.which("softhsm2-util") or "softhsm2-util"


def main() -> None:
    """Load the module; exit with a sentence if that fails."""
    if not Path(softhsm_module()).exists() or not shutil.which(softhsm_program()):
        sys.exit("SoftHSM 2 is not installed.")
    try:
        pkcs11.lib(softhsm_module())
    except (pkcs11.PKCS11Error, RuntimeError) as error:
        sys.exit(f"SoftHSM 2 does not load: {error!r}")


if __name__ == "__main__":
    main()
