"""The log and the access log: what stands in them, and what never does."""
import json
import re
import signal
import time

import pytest
import websockets

from conftest import USUAL_OPTIONS
from confab_server import LOG_DEADLINE_S, Server
from contract import CONTENT_BYTES_MAX
from people import Person, people_from_rows
from raw_http import RawConnection, request_bytes

POLL_S = 0.02

TEXT_LINE = re.compile(
    r'\S+Z info request connection=(?P<connection>\d+) address=(?P<address>\S+) user=(?P<user>\d+)'
    r' method=(?P<method>\S+) path="(?P<path>(?:[^"\\]|\\.)*)" status=(?P<status>\d+) bytes=(?P<bytes>\d+)'
    r' duration_us=(?P<duration_us>\d+) complete=(?P<complete>yes|no)')


def lines_of(path, count):
    """The access log's so many lines as dictionaries; each must be of the form. A line may come after its answer."""
    until = time.monotonic() + LOG_DEADLINE_S
    while len(text := path.read_text().splitlines()) < count:
        assert time.monotonic() < until, text
        time.sleep(POLL_S)
    assert len(text) == count
    lines = []
    for line in text:
        found = TEXT_LINE.fullmatch(line)
        assert found, line
        lines.append(found.groupdict())
    return lines


@pytest.fixture
def logged(start_server, tmp_path):
    """A server with an access log, and its path."""
    path = tmp_path / "access.log"
    return start_server(*USUAL_OPTIONS, "--access-log", str(path)), path


def test_a_line_tells_who_asked_for_what_and_what_came_of_it(logged):
    server, path = logged
    alice, = people_from_rows(server, ["alice"])
    answer = alice.get("/api/me/")
    lines_of(path, 1)  # each may be on another loop
    Person(server).get("/api/me/?page=1")
    lines_of(path, 2)
    Person(server).get("/no/such")
    mine, anonymous, nowhere = lines_of(path, 3)
    assert mine["address"] == "127.0.0.1" and mine["user"] == str(alice.id)
    assert (mine["method"], mine["path"], mine["status"]) == ("GET", "/api/me/", "200")
    assert int(mine["bytes"]) > len(answer.content) and int(mine["duration_us"]) > 0
    assert (anonymous["user"], anonymous["status"], anonymous["path"]) == ("0", "403", "/api/me/")
    assert (nowhere["status"], nowhere["complete"]) == ("404", "yes")
    assert mine["connection"] != anonymous["connection"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_request_that_does_not_come_to_its_end_has_a_line(start_server, tmp_path):
    path = tmp_path / "access.log"
    server = start_server(*USUAL_OPTIONS, "--access-log", str(path), "--request-timeout", "1")
    with RawConnection(server) as connection:
        connection.send(b"GET /api/me/ HTTP/1.1\r\nHost: x\r\n")
        answer = connection.answer()
    assert (answer.status, answer.content) == (408, b'{"detail":"The request took too long."}')
    assert answer.field("X-Content-Type-Options") == "nosniff"
    line, = lines_of(path, 1)
    assert (line["address"], line["user"], line["status"], line["complete"]) == ("127.0.0.1", "0", "408", "yes")


def test_json_lines_have_the_same_members(start_server, tmp_path):
    path = tmp_path / "access.log"
    server = start_server(*USUAL_OPTIONS, "--access-log", str(path), "--log-format", "json")
    Person(server).get('/api/me/"quoted"/')
    server.stop()  # by then the line is there
    entry, = (json.loads(line) for line in path.read_text().splitlines())
    server.start()
    assert entry["message"] == "request" and entry["level"] == "info"
    assert entry["path"] == "/api/me/%22quoted%22/" and entry["status"] == 404 and entry["user"] == 0


def test_a_websocket_is_logged_when_it_begins(logged):
    server, path = logged
    alice, bob = people_from_rows(server, ["alice", "bob"])
    chat_id = alice.make_chat(bob)
    with alice.connect(chat_id), pytest.raises(websockets.InvalidStatusCode):
        Person(server).connect(chat_id)
    begun, refused = lines_of(path, 3)[1:]
    assert (begun["status"], begun["user"], begun["path"]) == ("101", str(alice.id), f"/ws/chat/{chat_id}/")
    assert (refused["status"], refused["user"]) == ("403", "0")


def test_what_is_no_request_is_logged_without_its_bytes(logged):
    server, path = logged
    with RawConnection(server) as connection:
        connection.send(b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.answer().status == 400
        connection.read_to_end()
    line, = lines_of(path, 1)
    assert (line["method"], line["path"], line["status"], line["address"]) == ("-", "", "400", "127.0.0.1")


# A line that a peer can end begins the next one: forged.
def test_a_path_cannot_forge_lines(logged):
    server, path = logged
    evil = "/x\x7f\"\\" + "y" * 300
    with RawConnection(server) as connection:
        connection.send_quietly(request_bytes("GET", evil))
        connection.answer()
    with RawConnection(server) as connection:
        connection.send_quietly(request_bytes("GET", "/\xc2\x85a%0Ab"))
        connection.answer()
    for line in lines_of(path, 2):
        assert len(line["path"]) <= 202


def test_the_client_behind_a_trusted_proxy_is_named(start_server, tmp_path):
    path = tmp_path / "access.log"
    server = start_server(*USUAL_OPTIONS, "--access-log", str(path), "--trusted-proxy", "127.0.0.1")
    Person(server).get("/api/me/", headers={"X-Forwarded-For": "203.0.113.9"})
    assert lines_of(path, 1)[0]["address"] == "203.0.113.9"


def test_dash_is_standard_output(start_server):
    server = start_server(*USUAL_OPTIONS, "--access-log", "-")
    Person(server).get("/healthz")
    server.wait_for_log(rb'info request .*path="/healthz" status=200')


def test_a_file_that_cannot_be_written_is_named_at_start(tmp_path):
    with pytest.raises(AssertionError, match="cannot write the access log .*No such file or directory"):
        Server(tmp_path, "--access-log", str(tmp_path / "no" / "access.log")).start()


# logrotate moves the file and sends SIGHUP: lines go into the new one from then on, and none is lost.
def test_a_file_that_was_moved_away_is_opened_anew(logged):
    server, path = logged
    person = Person(server)
    moved = path.with_suffix(".1")
    person.get("/first")
    lines_of(path, 1)
    path.rename(moved)
    person.get("/second")
    lines_of(moved, 2)
    assert not path.exists()
    server.signal(signal.SIGHUP, rb"info reloaded")
    person.get("/third")
    assert [line["path"] for line in lines_of(moved, 2)] == ["/first", "/second"]
    assert [line["path"] for line in lines_of(path, 1)] == ["/third"]


def test_a_file_that_cannot_be_opened_anew_goes_on(logged):
    server, path = logged
    moved = path.parent / "moved.log"
    path.rename(moved)
    path.mkdir()
    server.signal(signal.SIGHUP, rb'error not reloaded, it stays as it was what="access log" reason="cannot write')
    Person(server).get("/still")
    assert [line["path"] for line in lines_of(moved, 1)] == ["/still"]


def test_signals_raise_and_restore_the_log_level(start_server):
    server = start_server(*USUAL_OPTIONS)
    Person(server).get("/healthz")
    assert b" debug " not in server.log
    server.signal(signal.SIGUSR1, rb"log level set by signal level=debug")
    seen = len(server.log)
    Person(server).get("/healthz")
    server.wait_for_log(rb" debug connection accepted", seen)
    server.signal(signal.SIGUSR2, rb"log level set by signal level=info")
    seen = len(server.log)
    Person(server).get("/healthz")
    server.signal(signal.SIGHUP, rb"info reloaded")  # a later line, so the others would be there
    assert b" debug connection accepted" not in server.log[seen:]


SECRETS = {
    "password": "pa55-Plánted!secret",
    "new password": "0ther-Planted-secret",
    "wrong password": "wr0ng-planted-secret",
    "message over a WebSocket": "msg-planted-websocket",
    "message over REST": "msg-planted-rest",
    "query": "query-planted-secret",
    "field": "field-planted-secret",
    "cookie": "cookieplantedsecretcookieplanted",
    "broken JSON": "json-planted-secret",
    "broken frame": "frame-planted-secret",
    "chat name": "chatname-planted-secret",
    "e-mail": "mail-planted-secret",
}


def use_everything(server):
    """A run through all that a client can do, right and wrong, with secrets wherever one may stand. The session keys."""
    keys = []
    alice, bob = (Person(server, name) for name in ("alice", "bob"))
    for person in (alice, bob):
        answer = person.post("/api/register/", {
            "username": person.username, "password": SECRETS["password"],
            "password_confirm": SECRETS["password"],
            "email": f"{SECRETS['e-mail']}-{person.username}@example.com", "user_type": "student"})
        assert answer.status_code == 201, answer.text
        answer = person.post("/api/login/", {"username": person.username, "password": SECRETS["password"]})
        assert answer.status_code == 200, answer.text
        person.id = answer.json()["id"]
        keys.append(person.session_key)
    Person(server).post("/api/login/", {"username": "alice", "password": SECRETS["wrong password"]})
    Person(server).post("/api/register/", {
        "username": "alice", "password": SECRETS["new password"], "password_confirm": SECRETS["new password"]})
    Person(server).post("/api/login/", data=f'{{"password": "{SECRETS["broken JSON"]}"',
                        headers={"Content-Type": "application/json"})
    chat_id = alice.make_chat(bob, name=SECRETS["chat name"])
    alice.get(f"/api/chats/?token={SECRETS['query']}", headers={"X-Token": SECRETS["field"]})
    Person(server).get("/api/me/", headers={"Cookie": f"sessionid={SECRETS['cookie']}"})
    with alice.connect(chat_id) as a, bob.connect(chat_id) as b:
        a.say(SECRETS["message over a WebSocket"])
        b.receive_content()
        b.send_text(SECRETS["broken JSON"])
        b.receive_error()
        b.send_json({"content": SECRETS["broken JSON"] * (CONTENT_BYTES_MAX // 10)})
        b.receive_error()
        b.send_binary(SECRETS["broken frame"].encode())
        b.receive_error()
        bob.send(chat_id, SECRETS["message over REST"])
        bob.history(chat_id)
        alice.delete(f"/api/chats/{chat_id}/")
    with RawConnection(server) as connection:
        connection.send_quietly(request_bytes("GET", f"/ a?{SECRETS['query']}", f"Cookie: {SECRETS['cookie']}"))
        connection.answer()
    with RawConnection(server) as connection:
        connection.send_quietly(request_bytes(
            "POST", "/api/login/", "Content-Type: multipart/form-data; boundary=" + SECRETS["field"],
            content=SECRETS["password"].encode()))
        connection.answer()
    with pytest.raises(websockets.InvalidStatusCode):
        Person(server, session_key=SECRETS["cookie"]).connect(1)
    keys += [person.http.cookies.get("csrftoken") for person in (alice, bob)]
    alice.post("/api/logout/")
    return [key for key in keys if key]


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_log_holds_a_secret_at_any_level(start_server, tmp_path, log_format):
    path = tmp_path / "access.log"
    server = start_server(*USUAL_OPTIONS, "--access-log", str(path), "--log-level", "debug", "--metrics",
                          "--log-format", log_format)
    keys = use_everything(server)
    metrics = Person(server).get("/metrics").content
    secret_key = server.secret_key
    server.stop()
    said = server.log + path.read_bytes() + metrics
    server.start()
    assert b"websocket opened" in server.log, "the run reached the debug lines"
    for name, secret in [*SECRETS.items(), ("the site's key", secret_key), *(("session or token", key) for key in keys)]:
        assert secret.encode() not in said, name
        assert json.dumps(secret)[1:-1].encode() not in said, name
