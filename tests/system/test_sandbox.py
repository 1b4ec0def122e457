"""What the serving process has given up, as /proc tells it; its files' modes; an ordinary user; systemd's words."""
import contextlib
import os
import pathlib
import pwd
import re
import socket
import stat
import subprocess

import pytest
import requests

from confab_server import binary, is_sanitized
from conftest import USUAL_OPTIONS
from people import people_from_rows

CLOSE_ON_EXEC = 0o2000000
START_DEADLINE_S = 60

pytestmark = pytest.mark.skipif(is_sanitized(), reason="sanitizer builds run without a sandbox: their tools need more rights")
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def status_of(path):
    lines = (line.split(":", 1) for line in path.read_text().splitlines() if ":" in line)
    return {name: value.strip() for name, value in lines}


def threads(server):
    return sorted(pathlib.Path(f"/proc/{server.process.pid}/task").iterdir())


def use(server):
    """Have every kind of thread do its work: loops, writer, readers, and a hash on a hash worker."""
    account = {"username": "dora", "password": "a password", "password_confirm": "a password", "email": ""}
    assert requests.post(server.url + "/api/register/", json=account).status_code == 201
    assert requests.post(server.url + "/api/login/", json=account).status_code == 200
    people = people_from_rows(server, ["alice", "bob"])
    chat_id = people[0].make_chat(people[1])
    socket_of_bob = people[1].connect(chat_id)
    socket_of_alice = people[0].connect(chat_id)
    socket_of_alice.say("hello")
    assert socket_of_bob.receive_content() == "hello"
    return people, chat_id


def test_every_thread_has_given_up_its_rights(start_server):
    server = start_server(*USUAL_OPTIONS)
    use(server)
    assert len(threads(server)) >= 6, "main, loop, writer, two readers, two hashers"
    for thread in threads(server):
        status = status_of(thread / "status")
        assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {"0" * 16}, status["Name"]
        assert status["NoNewPrivs"] == "1", status["Name"]
        assert status["Seccomp"] == "2", status["Name"]
        if os.geteuid() == 0:
            assert status["CapBnd"] == "0" * 16, status["Name"]


def test_the_log_says_what_is_in_force(start_server):
    server = start_server(*USUAL_OPTIONS)
    assert re.search(rb"info sandbox seccomp=on landlock=(off|\d+) capabilities=none no_new_privs=on\n", server.log)


def test_the_memory_is_nobodys_business(start_server):
    """No core dump, and no look into the memory for another process of the same user."""
    server = start_server(*USUAL_OPTIONS)
    limits = pathlib.Path(f"/proc/{server.process.pid}/limits").read_text()
    assert re.search(r"Max core file size\s+0\s+0\s", limits)
    assert pathlib.Path(f"/proc/{server.process.pid}/mem").stat().st_uid == 0, "not dumpable"
    if os.geteuid() == 0:
        assert "Rss:" in pathlib.Path(f"/proc/{server.process.pid}/smaps_rollup").read_text(), "root measures it all the same"


def test_as_many_descriptors_as_the_administrator_allows(start_server):
    server = start_server(*USUAL_OPTIONS)
    limits = pathlib.Path(f"/proc/{server.process.pid}/limits").read_text()
    soft, hard = re.search(r"Max open files\s+(\d+)\s+(\d+)", limits).groups()
    assert soft == hard


def test_no_descriptor_would_reach_another_program(start_server):
    server = start_server(*USUAL_OPTIONS)
    use(server)
    infos = pathlib.Path(f"/proc/{server.process.pid}/fdinfo")
    numbers = sorted(int(path.name) for path in infos.iterdir())
    assert len(numbers) > 10
    for number in numbers:
        with contextlib.suppress(FileNotFoundError):  # closed since they were listed
            if number <= 2:
                continue
            flags = int(re.search(r"^flags:\s+(\d+)$", (infos / str(number)).read_text(), re.MULTILINE).group(1), 8)
            assert flags & CLOSE_ON_EXEC, os.readlink(f"/proc/{server.process.pid}/fd/{number}")


def test_files_are_the_owners_alone(start_server, tmp_path):
    previous = os.umask(0o022)
    server = start_server(*USUAL_OPTIONS, "--access-log", str(tmp_path / "access.log"), directory=tmp_path)
    os.umask(previous)
    use(server)
    files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert {"db.sqlite3", "db.sqlite3-wal", "db.sqlite3-shm", "secret", "access.log"} <= files.keys()
    assert set(files.values()) == {0o600}, files


def test_without_a_sandbox_for_debugging(start_server):
    server = start_server(*USUAL_OPTIONS, "--sandbox", "off")
    status = status_of(pathlib.Path(f"/proc/{server.process.pid}/status"))
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("0", "0")
    assert b'warning no sandbox reason="--sandbox off"' in server.log
    use(server)


# --- An ordinary user ---


@pytest.fixture
def nobodys_directory(tmp_path_factory):
    """A directory that nobody may write, below directories that everybody may pass."""
    directory = tmp_path_factory.mktemp("nobody")
    user = pwd.getpwnam("nobody")
    os.chown(directory, user.pw_uid, user.pw_gid)
    for parent in [directory, *directory.parents]:
        if parent.stat().st_uid == os.geteuid() and parent != pathlib.Path("/tmp"):
            parent.chmod(parent.stat().st_mode | 0o011)
    return directory


@only_root
def test_root_becomes_an_ordinary_user(start_server, nobodys_directory):
    server = start_server(*USUAL_OPTIONS, "--run-as", "nobody", directory=nobodys_directory)
    use(server)
    user = pwd.getpwnam("nobody")
    for thread in threads(server):
        status = status_of(thread / "status")
        assert status["Uid"].split() == [str(user.pw_uid)] * 4
        assert status["Gid"].split() == [str(user.pw_gid)] * 4
        assert set(status["Groups"].split()) == {str(group) for group in os.getgrouplist("nobody", user.pw_gid)}
        assert status["CapEff"] == status["CapPrm"] == status["CapBnd"] == "0" * 16
    assert {path.stat().st_uid for path in nobodys_directory.iterdir()} == {user.pw_uid}
    assert b"running as root" not in server.log


@only_root
def test_root_is_warned(start_server):
    assert b"warning running as root" in start_server(*USUAL_OPTIONS).log


def refusal(*options, cwd):
    result = subprocess.run([binary(), "serve", "--listen", "127.0.0.1:0", *options], cwd=cwd, capture_output=True, text=True,
                            timeout=START_DEADLINE_S)
    assert result.returncode == 1, result
    return result.stderr


def test_an_unknown_user_is_named(tmp_path):
    assert "--run-as no-such-user: there is no such user" in refusal("--run-as", "no-such-user", cwd=tmp_path)
    assert list(tmp_path.iterdir()) == [], "nothing was made as the wrong user"


@only_root
def test_a_directory_that_the_user_may_not_write_is_named(tmp_path):
    tmp_path.chmod(0o755)
    assert f"{tmp_path}: the " in refusal("--run-as", "nobody", "--database", str(tmp_path / "confab.sqlite3"), cwd="/")
    assert list(tmp_path.iterdir()) == []


# --- A service manager ---


def test_a_service_manager_is_told(tmp_path, start_server, monkeypatch):
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(START_DEADLINE_S)
        monkeypatch.setenv("NOTIFY_SOCKET", path)
        server = start_server(*USUAL_OPTIONS)
        assert manager.recv(100) == b"READY=1"
        server.stop()
        assert manager.recv(100) == b"STOPPING=1"


def test_a_service_manager_that_is_gone_harms_nothing(tmp_path, start_server, monkeypatch):
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody-there"))
    start_server(*USUAL_OPTIONS).restart()
