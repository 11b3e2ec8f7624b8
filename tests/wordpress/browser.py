"""A real Chromium for the tests, without a window."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from selenium import webdriver

from tests.wordpress import packages

# So low that what a page has further down is out of sight.
WIDTH, HEIGHT = 1_000, 500
# Neither WordPress's pages nor the browser itself ask anybody outside.
OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


@pytest.fixture(scope="session")
def chromium() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = packages.program("chromium")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in (
        "--headless=new",
        f"--window-size={WIDTH},{HEIGHT}",
        "--disable-dev-shm-usage",
        "--lang=en",
        OFFLINE,
    ):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    with webdriver.Chrome(options=options, service=webdriver.ChromeService(packages.program("chromedriver"))) as driver:
        driver.set_page_load_timeout(60)
        yield driver


def complaints(driver: webdriver.Chrome, url: str) -> list[str]:
    """Return what the browser has complained of since the last call in what comes from `url`: avatars do not."""
    log = driver.get_log("browser")  # type: ignore[no-untyped-call]  # selenium gives it no types
    found = [str(entry["message"]) for entry in log if entry["level"] in {"WARNING", "SEVERE"}]
    return [message for message in found if url in message]
