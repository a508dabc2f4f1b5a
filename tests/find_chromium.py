"""Which Chromium the browser tests drive. Run as a program, it says whether that one works."""

import os
import shutil
import sys

from playwright.sync_api import Error, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# No sandbox, because root in a container has none; no traffic of the browser's own.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def chromium_path() -> str | None:
    """Return the program that CHROMIUM names or that is installed; None is Playwright's own."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def main() -> None:
    """Start and end the browser; exit with a sentence if that fails."""
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium_path(), args=list(ARGUMENTS)
            )
            browser.close()
    except Error as error:
        sys.exit(f"Chromium does not start: {error}")


if __name__ == "__main__":
    main()
