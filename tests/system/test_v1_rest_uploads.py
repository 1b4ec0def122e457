"""Files of messages: streamed to the disk, and served so that nothing in them is believed."""
import hashlib
import json
import os
import stat
import subprocess

import pytest

from confab_server import Server, is_sanitized
from people import people_from_rows
from raw_http import Closed, RawConnection
from v1_socket import V1Socket

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A server that takes files of at most 8 MiB, and two people with a chat."""
    directory = tmp_path_factory.mktemp("uploads")
    server = Server(directory, "--upload-dir", str(directory / "files"), "--upload-max", str(8 * MIB),
                    "--upload-quota", str(40 * MIB), "--message-rate", "off").start()
    yield server
    server.stop()


@pytest.fixture
def people(site):
    people.number = getattr(people, "number", 0) + 1
    alice, bob, carol = people_from_rows(site, [f"{name}{people.number}" for name in ("alice", "bob", "carol")])
    return alice, bob, carol, alice.make_chat(bob)


def files_of(server):
    return sorted(path.name for path in (server.directory / "files").iterdir())


def upload(person, chat_id, content, name="a.bin", kind="application/x-anything", **arguments):
    return person.request("POST", "/api/v1/uploads/", params={"chat": chat_id, "name": name}, data=content,
                          headers={"Content-Type": kind}, **arguments)


def test_a_large_file_comes_back_as_it_was(site, people):
    alice, bob, carol, chat_id = people
    content = os.urandom(8 * MIB)
    before = site.memory_kib()
    answer = upload(alice, chat_id, content, name="großes Bild.png", kind="image/png")
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["name"], made["type"], made["size"]) == ("großes Bild.png", "image/png", len(content))
    assert bob.get(made["url"]).status_code == 404
    sent = alice.post(f"/api/v1/chats/{chat_id}/messages/", {"content": "look", "attachments": [made["id"]]})
    assert sent.status_code == 201 and sent.json()["attachments"] == [made]
    got = bob.get(made["url"])
    assert got.status_code == 200 and got.content == content
    assert got.headers["ETag"] == f'"{hashlib.sha256(content).hexdigest()}"'
    assert (got.headers["Content-Type"], got.headers["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert bob.get(made["url"], headers={"If-None-Match": got.headers["ETag"]}).status_code == 304
    head = bob.request("HEAD", made["url"])
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, str(len(content)), b"")
    assert carol.get(made["url"]).status_code == 404
    if not is_sanitized():
        assert site.memory_kib() - before < 6 * 1024, "the file was held in memory"


def test_a_part_of_a_file_is_served(site, people):
    alice, bob, carol, chat_id = people
    content = os.urandom(MIB)
    url = upload(alice, chat_id, content).json()["url"]
    tag = alice.get(url).headers["ETag"]
    assert alice.get(url).headers["Accept-Ranges"] == "bytes"

    def get(value, **more):
        return alice.get(url, headers={"Range": value, **more})

    for value, first, last in [("bytes=0-0", 0, 0), ("bytes=5-1004", 5, 1004), ("bytes=1048575-", MIB - 1, MIB - 1),
                               ("bytes=100000-", 100000, MIB - 1), ("bytes=-1", MIB - 1, MIB - 1), ("bytes=10-99999999", 10, MIB - 1),
                               ("bytes=-99999999", 0, MIB - 1), ("Bytes=0-9", 0, 9)]:
        for condition in {}, {"If-Range": tag}:
            got = get(value, **condition)
            assert (got.status_code, got.headers["Content-Range"]) == (206, f"bytes {first}-{last}/{MIB}"), value
            assert got.content == content[first:last + 1] and got.headers["ETag"] == tag
            assert got.headers["Content-Length"] == str(last + 1 - first)
    for value in "bytes=0-1,4-5", "bytes=5-4", "lines=0-1", "bytes=x-", "bytes", "bytes=-":
        got = get(value)
        assert (got.status_code, got.content) == (200, content) and "Content-Range" not in got.headers
    for condition in '"other"', f"W/{tag}", tag.strip('"'), "Sat, 28 Nov 2026 10:00:00 GMT":
        assert get("bytes=0-1", **{"If-Range": condition}).status_code == 200
    for value in f"bytes={MIB}-", "bytes=-0", "bytes=99999999999999999999999-":
        got = get(value)
        assert (got.status_code, got.headers["Content-Range"]) == (416, f"bytes */{MIB}"), value
        assert got.json() == {"detail": "The file has no bytes there.", "code": "range_not_satisfiable"}
    assert get("bytes=0-1", **{"If-None-Match": tag}).status_code == 304
    head = alice.request("HEAD", url, headers={"Range": "bytes=0-1"})
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(MIB))


def test_curl_goes_on_with_a_download(site, people, tmp_path):
    alice, bob, carol, chat_id = people
    content = os.urandom(100_000)
    url = upload(alice, chat_id, content).json()["url"]
    (tmp_path / "file").write_bytes(content[:1234])
    subprocess.run(["curl", "-fsS", "-C", "-", "-o", tmp_path / "file", "-b", f"sessionid={alice.session_key}", site.url + url],
                   check=True, timeout=60)
    assert (tmp_path / "file").read_bytes() == content


def test_files_are_for_the_server_alone(site, people):
    alice, _, _, chat_id = people
    assert upload(alice, chat_id, b"x").status_code == 201
    directory = site.directory / "files"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()} == {0o600}


def test_chunked_content_is_taken_too(site, people):
    alice, _, _, chat_id = people
    pieces = [os.urandom(100_000) for _ in range(20)]
    answer = upload(alice, chat_id, iter(pieces))
    assert answer.status_code == 201 and answer.json()["size"] == 2_000_000
    assert alice.get(answer.json()["url"]).content == b"".join(pieces)


def begin(person, chat_id, fields):
    connection = RawConnection(person.server)
    connection.send((f"POST /api/v1/uploads/?chat={chat_id}&name=a HTTP/1.1\r\nHost: x\r\n"
                     f"Cookie: sessionid={person.session_key}\r\n{fields}\r\n").encode())
    return connection


def test_a_file_of_8_mib_is_taken_and_one_byte_more_is_not(people):
    alice, _, _, chat_id = people
    with begin(alice, chat_id, f"Content-Length: {8 * MIB + 1}\r\n") as connection:
        assert connection.answer().status == 413  # before a byte of it has come
    with begin(alice, chat_id, "Transfer-Encoding: chunked\r\n") as connection:
        connection.send_quietly(b"800001\r\n")
        assert connection.answer().status == 413
    assert upload(alice, chat_id, b"x" * (8 * MIB)).status_code == 201


def test_who_may_not_is_told_before_the_content_comes(site, people):
    _, _, carol, chat_id = people
    before = files_of(site)
    with begin(carol, chat_id, f"Content-Length: {MIB}\r\nExpect: 100-continue\r\n") as connection:
        answer = connection.any_answer()
        assert (answer.status, answer.field("connection")) == (404, "close")
        assert connection.is_closed()
    assert files_of(site) == before


def test_who_may_is_asked_for_the_content(people):
    alice, _, _, chat_id = people
    with begin(alice, chat_id, "Content-Length: 5\r\nExpect: 100-continue\r\n") as connection:
        assert connection.any_answer().status == 100
        connection.send(b"hello" + b"GET /api/v1/version/ HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.answer().status == 201
        assert connection.answer().status == 200  # the connection goes on


def test_a_file_that_does_not_come_whole_leaves_nothing(site, people):
    alice, _, _, chat_id = people
    before = files_of(site)
    with begin(alice, chat_id, f"Content-Length: {MIB}\r\n") as connection:
        connection.send(b"x" * 300_000)
        wait_for(lambda: len(files_of(site)) == len(before) + 1)
    wait_for(lambda: files_of(site) == before)
    with begin(alice, chat_id, "Transfer-Encoding: chunked\r\n") as connection:
        connection.send(b"5\r\nhello\r\nnonsense\r\n")
        assert connection.answer().status == 400
    wait_for(lambda: files_of(site) == before)


def wait_for(condition):
    """Until it is so: the test's own deadline is the only one."""
    while not condition():
        os.sched_yield()


def test_a_slow_upload_does_not_hold_up_others(people):
    alice, bob, _, chat_id = people
    slow = [begin(alice, chat_id, f"Content-Length: {MIB}\r\n") for _ in range(20)]
    for connection in slow:
        connection.send(b"x" * 100_000)
    for _ in range(10):
        assert bob.get("/api/v1/version/").status_code == 200
        assert upload(bob, chat_id, b"quick").status_code == 201
    for connection in slow:
        connection.send(b"x" * (MIB - 100_000))
        assert connection.answer().status == 201
        connection.__exit__()


def test_hostile_names_stay_names(site, people):
    alice, _, _, chat_id = people
    for name in ("../../etc/passwd", "a/b", "a\0b", "a\r\nSet-Cookie: x=1", "", ".", ".."):
        assert upload(alice, chat_id, b"x", name=name).status_code == 400, name
    for name in ("...", ".htaccess", "%2e%2e", "<script>.html", 'a"; filename="b', "name with ü and 😀", "x" * 255):
        made = upload(alice, chat_id, b"x", name=name, kind="text/html").json()
        answer = alice.get(made["url"])
        assert (answer.status_code, answer.content) == (200, b"x"), (name, made)
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
        assert made["name"] == name
    assert upload(alice, chat_id, b"x", name="x" * 256).status_code == 400


def test_another_site_cannot_upload(people):
    alice, _, _, chat_id = people
    with begin(alice, chat_id, "Origin: http://evil.example\r\nContent-Length: 1\r\n") as connection:
        answer = connection.answer()
        assert (answer.status, json.loads(answer.content)["code"]) == (403, "forbidden")


def test_nothing_can_be_uploaded_unless_a_directory_is_named(alice):
    chat_id = alice.make_chat()
    answer = upload(alice, chat_id, b"x")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def features_of(person, chat_id):
    """What the server says of itself, in both places."""
    with V1Socket(person, chat_id) as socket:
        said = socket.hello["features"]
    assert person.get("/api/v1/version/").json()["features"] == said
    return said


def test_a_server_says_whether_it_takes_files(people, alice):
    assert "upload" in features_of(people[0], people[3])
    assert "upload" not in features_of(alice, alice.make_chat())


def test_a_stop_during_an_upload_leaves_nothing(start_server, tmp_path):
    server = start_server("--upload-dir", str(tmp_path / "files"))
    alice, = people_from_rows(server, ["alice"])
    chat_id = alice.make_chat()
    connection = begin(alice, chat_id, f"Content-Length: {MIB}\r\n")
    connection.send(b"x" * 300_000)
    wait_for(lambda: any((tmp_path / "files").iterdir()))
    server.stop()
    assert list((tmp_path / "files").iterdir()) == []
    with pytest.raises(Closed):
        connection.answer()
