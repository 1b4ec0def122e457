"""docs/adopting.md is true: its commands are run as they stand there, on a site that a real Django has made."""
import os
import pathlib
import re
import subprocess

import pytest

import people
from confab_server import ROOT, Server, binary
from django_site import PYTHON, SITE, DjangoSite

pytestmark = pytest.mark.once

PAGE = (ROOT / "docs" / "adopting.md").read_text()
COMMAND_DEADLINE_S = 120  # guards against hanging


def commands():
    """The page's blocks of commands, without the indentation of lists."""
    return [re.sub(r"(?m)^ +", "", block) for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)]


class Folder:
    """A folder as the page's reader has it: manage.py, the database, and confab in the path."""

    def __init__(self, path):
        self.path = path
        (path / "key").write_text("the site's key, which has been in its settings for years")
        (path / "key").chmod(0o600)
        (path / "manage.py").symlink_to(SITE / "manage.py")
        programs = path / "programs"
        programs.mkdir()
        (programs / "confab").symlink_to(pathlib.Path(binary()).resolve())
        (programs / "python3").symlink_to(PYTHON)
        self.django = DjangoSite(path / "db.sqlite3", path / "key")
        self.environment = {**self.django.environment, "PATH": f"{programs}:{os.environ['PATH']}",
                            "PYTHONPATH": str(SITE)}

    def run(self, block):
        done = subprocess.run(["sh", "-ec", block], cwd=self.path, env=self.environment, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=COMMAND_DEADLINE_S, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def folder(tmp_path):
    made = Folder(tmp_path)
    yield made
    made.django.stop()


def test_a_site_moves_over_and_back_as_the_page_says(folder):
    backup, key, migrate, serve, back = commands()
    folder.django.manage("migrate", "-v", "0")
    folder.django.add_user(username="alice", password="wonderland")
    chat = folder.django.add_chat(name="old", usernames=["alice"])
    folder.django.add_message(chat=chat, username="alice", content="from Django")
    session = folder.django.login("alice", "wonderland")

    folder.run(backup)
    assert (folder.path / "before-confab.sqlite3").stat().st_size > 0
    folder.run(key)
    assert (folder.path / "confab.secret").read_text().strip() == (folder.path / "key").read_text()
    assert "1 of 1 live sessions" in folder.run(migrate)

    # `confab serve` with the page's options; where it listens and lies is the test's.
    words = serve.split()
    assert words[:2] == ["confab", "serve"]
    options = words[words.index("--password-hasher"):]
    assert words[2:words.index("--password-hasher")] == ["--database", "db.sqlite3", "--secret-key-file", "confab.secret"]
    server = Server(folder.path, *options)
    server.secret_key_file = folder.path / "confab.secret"
    server.start()
    try:
        alice = people.Person(server, "alice", session_key=session)
        assert [m["content"] for m in alice.history(chat)] == ["from Django"]
        alice.send(chat, "from confab")
    finally:
        server.stop()

    assert "No migrations to apply" in folder.run(back)
    assert folder.django.me(session) == "alice"
    assert folder.django.contents(chat=chat) == ["from Django", "from confab"]


def test_a_database_made_by_confab_is_taken_over_as_the_page_says(folder):
    done = subprocess.run([binary(), "migrate", "--database", folder.path / "db.sqlite3"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr
    assert "No migrations to apply" in folder.run(commands()[-1])


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(--[a-z0-9-]+)", PAGE))))
def test_every_option_that_the_page_names_exists(name):
    done = subprocess.run([binary(), "serve", "--help"], capture_output=True, text=True, check=True)
    assert re.search(rf"^  {name}( |$)", done.stdout, re.MULTILINE)
