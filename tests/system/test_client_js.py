"""The JavaScript library against the real server."""
import pytest

import library_client

pytest.register_assert_rewrite("library_scenarios")
from library_scenarios import *  # noqa: E402, F403 - its tests and fixtures are this file's

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return library_client.javascript(tmp_path_factory.mktemp("library"))
