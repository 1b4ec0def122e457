"""Fixtures of the system tests: black-box tests over real sockets, written from the contract.

`server` is one `confab serve` for the tests of a file; `start_server` makes others with options of
their own. CONFAB_BINARY names the binary (default: build/confab).
"""
import itertools

import pytest

import people
from confab_server import Server

# What most tests are not about must not get into their way.
USUAL_OPTIONS = ("--ws-echo", "--message-rate", "off", "--login-rate", "off")

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One server for the tests of a file. Its clean exit is asserted at the end."""
    running = Server(tmp_path_factory.mktemp("server"), *USUAL_OPTIONS).start()
    yield running
    running.stop()


@pytest.fixture
def start_server(tmp_path_factory):
    """Start a server with options of its own: start_server("--message-rate", "5")."""
    started = []

    def start(*options, directory=None):
        running = Server(directory or tmp_path_factory.mktemp("server"), *options)
        started.append(running)
        return running.start()

    yield start
    for running in started:
        running.stop()


@pytest.fixture
def make_people(server):
    """New people with a login each, under names nobody else has: make_people(2)."""
    def make(count, **user_columns):
        names = [f"person{next(_numbers)}" for _ in range(count)]
        return people.people_from_rows(server, names, **user_columns)
    return make


@pytest.fixture
def alice(make_people):
    return make_people(1)[0]


@pytest.fixture
def bob(make_people):
    return make_people(1)[0]


@pytest.fixture
def carol(make_people):
    return make_people(1)[0]


@pytest.fixture
def stranger(server):
    """Somebody without a login."""
    return people.Person(server)
