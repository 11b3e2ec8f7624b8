"""One real WordPress for the session, empty again for every test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wordpress import packages
from tests.wordpress.plugin import active_plugin as active_plugin
from tests.wordpress.plugin import fresh_plugin as fresh_plugin
from tests.wordpress.plugin import installed_plugin as installed_plugin
from tests.wordpress.plugin import one_receiver as one_receiver
from tests.wordpress.plugin import plugin as plugin
from tests.wordpress.plugin import receiver as receiver
from tests.wordpress.site import WordPress, running


@pytest.fixture(scope="session")
def installed_wordpress() -> Iterator[WordPress]:
    # A short path: MariaDB's socket must stay below 100 characters.
    folder = Path(tempfile.mkdtemp(prefix="askpress-wp-", dir="/tmp"))
    try:
        with running(folder) as wordpress:
            yield wordpress
    except packages.PackagesMissing as missing:
        pytest.exit(str(missing), returncode=1)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def wordpress(installed_wordpress: WordPress) -> WordPress:
    installed_wordpress.empty()
    return installed_wordpress
