"""HTTP/1.1 itself, as the REST endpoints speak it (RFC 9110, 9112; part I.1)."""
import random
import re

import pytest

from contract import NOT_FOUND, compact, check_answer_fields
from raw_http import Closed, RawConnection, exchange, request_bytes


@pytest.fixture
def cookie(alice):
    return f"Cookie: sessionid={alice.session_key}"


def test_health_is_answered(server, stranger):
    assert stranger.get("/healthz").status_code == 200


def test_one_connection_serves_many_requests(server, alice, cookie):
    with RawConnection(server) as connection:
        for _ in range(20):
            connection.send(request_bytes("GET", "/api/me/", cookie))
            assert connection.answer().json == alice.as_user
            connection.send(request_bytes("POST", "/api/chats/", cookie, "Content-Type: application/json",
                                          content=b'{"name":"x"}'))
            assert connection.answer("POST").status == 201


def test_pipelined_requests_are_answered_in_order(server, cookie):
    targets = ["/api/me/", "/api/users/", "/api/chats/", "/nothing/", "/api/messages/"] * 20
    with RawConnection(server) as connection:
        connection.send(b"".join(request_bytes("GET", target, cookie) for target in targets))
        statuses = [connection.answer().status for _ in targets]
    assert statuses == [404 if target == "/nothing/" else 200 for target in targets]


def test_pipelined_writes_are_done_in_order(server, alice, cookie):
    chat_id = alice.make_chat()
    with RawConnection(server) as connection:
        connection.send(b"".join(
            request_bytes("POST", f"/api/chats/{chat_id}/send_message/", cookie, "Content-Type: application/json",
                          content=b'{"content":"%d"}' % number) for number in range(50)))
        answers = [connection.answer("POST").json["content"] for _ in range(50)]
    assert answers == [str(number) for number in range(50)]
    assert [m["content"] for m in alice.history(chat_id)] == answers


def test_the_last_request_of_a_connection_closes_it(server, cookie):
    with RawConnection(server) as connection:
        connection.send(request_bytes("GET", "/api/me/", cookie, "Connection: close"))
        answer = connection.answer()
        assert answer.status == 200 and answer.field("connection").lower() == "close"
        assert connection.is_closed()


def test_http_1_0_is_answered_and_closed(server, cookie):
    with RawConnection(server) as connection:
        connection.send(request_bytes("GET", "/api/users/", cookie, version="HTTP/1.0"))
        answer = connection.answer()
        assert answer.status == 200
        assert answer.field("transfer-encoding") is None, "HTTP/1.0 knows no chunks"
        assert connection.is_closed()


@pytest.mark.parametrize("path", ["/api/me/", "/api/users/", "/api/chats/", "/nothing/"])
def test_head_is_get_without_content(server, cookie, path):
    with RawConnection(server) as connection:
        connection.send(request_bytes("GET", path, cookie))
        get = connection.answer()
        connection.send(request_bytes("HEAD", path, cookie))
        head = connection.answer("HEAD")
        assert (head.status, head.field("content-type")) == (get.status, get.field("content-type"))
        if head.field("content-length") is not None:
            assert int(head.field("content-length")) == len(get.content)
        connection.send(request_bytes("GET", path, cookie))
        assert connection.answer().content == get.content


@pytest.mark.parametrize("path", ["/api/register/", "/api/login/", "/api/chats/", "/api/me/"])
def test_options_describes_the_resource(alice, path):
    answer = alice.request("OPTIONS", path)
    assert answer.status_code == 200
    assert list(answer.json())[:4] == ["name", "description", "renders", "parses"]
    assert answer.json()["parses"] == ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"]
    assert "application/json" in answer.json()["renders"]
    check_answer_fields(answer)


@pytest.mark.parametrize("target, location", [
    ("/api/me", "/api/me/"), ("/api/chats?a=1&b=%20", "/api/chats/?a=1&b=%20"), ("/api/chats/7", "/api/chats/7/"),
])
def test_a_path_without_its_slash_is_redirected_for_reading(alice, target, location):
    for method in ("GET", "HEAD"):
        answer = alice.request(method, target)
        assert (answer.status_code, answer.headers["Location"]) == (301, location)
    for method in ("POST", "PUT", "DELETE"):
        answer = alice.request(method, target, json={})
        assert (answer.status_code, answer.text) == (404, NOT_FOUND)


# A redirect that a browser reads as another host would be an open redirect.
def test_a_redirect_never_leaves_the_host(server, alice):
    answer = exchange(server, request_bytes("GET", "//evil.example/api"))
    assert answer.status == 404 or not answer.field("location").startswith("//")


@pytest.mark.parametrize("path", ["/api/", "/api/nothing/", "/api/chats/1/nothing/", "/api/chats//", "/api/chats/1/../2/",
                                  "/api/%6de%2f/", "/nothing/", "/API/me/"])
def test_unknown_paths_are_not_found_in_json(alice, path):
    answer = exchange(alice.server, request_bytes("GET", path, f"Cookie: sessionid={alice.session_key}"))
    assert (answer.status, answer.json) == (404, {"detail": "Not found."})


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
def test_a_wrong_method_is_named(alice, method):
    answer = alice.request(method, "/api/me/")
    assert (answer.status_code, answer.text) == (405, compact({"detail": f'Method "{method}" not allowed.'}))
    assert "GET" in answer.headers["Allow"]


def test_expect_continue_is_answered_before_the_content(server, alice, cookie):
    content = b'{"name":"waited"}'
    with RawConnection(server) as connection:
        connection.send(request_bytes("POST", "/api/chats/", cookie, "Content-Type: application/json",
                                      "Expect: 100-continue", f"Content-Length: {len(content)}"))
        assert connection.any_answer("POST").status == 100
        connection.send(content)
        assert connection.answer("POST").json["name"] == "waited"


def test_expect_continue_of_a_content_that_is_too_large_is_refused(server, cookie):
    with RawConnection(server) as connection:
        connection.send(request_bytes("POST", "/api/chats/", cookie, "Content-Type: application/json",
                                      "Expect: 100-continue", "Content-Length: 10000000"))
        assert connection.any_answer("POST").status == 413


def test_a_slow_request_is_read_byte_by_byte(server, alice, cookie):
    with RawConnection(server) as connection:
        connection.send_bytewise(request_bytes("GET", "/api/me/", cookie))
        assert connection.answer().json == alice.as_user
        connection.send_bytewise(request_bytes("POST", "/api/chats/", cookie, "Content-Type: application/json",
                                               content=b'{"name":"x"}'))
        assert connection.answer("POST").status == 201


# RFC 9112, section 2.2: old clients send one after a content.
@pytest.mark.parametrize("send", [RawConnection.send, RawConnection.send_bytewise])
def test_an_empty_line_before_a_request_is_passed_over(server, cookie, send):
    with RawConnection(server) as connection:
        for _ in range(2):
            send(connection, b"\r\n" + request_bytes("GET", "/api/me/", cookie))
            assert connection.answer().status == 200


def test_a_client_that_has_finished_sending_still_gets_its_answer(server, cookie):
    with RawConnection(server) as connection:
        connection.send(request_bytes("GET", "/api/me/", cookie))
        connection.shutdown_write()
        assert connection.answer().status == 200


@pytest.mark.parametrize("data", [
    request_bytes("GET", "/api/me/", host=None),
    request_bytes("GET", "/api/me/", "Host: other"),
    request_bytes("GET", "/api/me/", host="a b"),
    request_bytes("GET", "/api/me/", host="a/b"),
    request_bytes("GET", "/api/me/", host="user@host"),
    request_bytes("GET", "/api/me/", host="host:port"),
    request_bytes("GET", "/api/me/#x"),
    request_bytes("GET", "api/me/"),
    request_bytes("GET", "/api/m e/"),
    b"GET  /api/me/ HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /api/me/  HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /api/me/\r\nHost: x\r\n\r\n",
    b"GET /api/me/ HTTP/9.9\r\nHost: x\r\n\r\n",
    b"GET /api/me/ http/1.1\r\nHost: x\r\n\r\n",
    b"G@T /api/me/ HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    request_bytes("GET", "/api/me/", "Bad Name: x"),
    request_bytes("GET", "/api/me/", "Name : x"),
    request_bytes("GET", "/api/me/", ": x"),
    request_bytes("GET", "/api/me/", "X: a", " folded"),
    request_bytes("GET", "/api/me/", "X: a\x00b"),
    request_bytes("POST", "/api/login/", "Content-Length: 3", "Transfer-Encoding: chunked", content=b"0\r\n\r\n"),
    request_bytes("POST", "/api/login/", "Content-Length: 3", "Content-Length: 4"),
    request_bytes("POST", "/api/login/", "Transfer-Encoding: chunked, gzip"),
    request_bytes("POST", "/api/login/", "Transfer-Encoding: gzip"),
    request_bytes("POST", "/api/login/", "Transfer-Encoding: chunked") + b"x\r\n",
    request_bytes("POST", "/api/login/", "Transfer-Encoding: chunked") + b"-1\r\n",
    request_bytes("POST", "/api/login/", "Transfer-Encoding: chunked") + b"fffffffffffffffff\r\n",
    request_bytes("POST", "/api/login/", "Transfer-Encoding: chunked") + b"1\r\nab\r\n0\r\n\r\n",
])
def test_what_is_no_request_is_refused_and_the_connection_closed(server, data):
    with RawConnection(server) as connection:
        connection.send_quietly(data)
        answer = connection.answer("POST")
        assert answer.status in (400, 405, 413, 501, 505), answer
        assert answer.status < 500 or answer.status in (501, 505)
        assert b"<" not in answer.content
        assert connection.is_closed()


# Bare line feeds are where two servers disagree about where a request ends.
def test_nothing_is_smuggled_behind_bare_line_feeds(server, cookie):
    data = (b"POST /api/login/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nX: y\n\nGET /api/me/ HTTP/1.1\r\n"
            + cookie.encode() + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
    with RawConnection(server) as connection:
        connection.send_quietly(data)
        assert connection.answer("POST").status == 400
        assert connection.is_closed()


def test_an_absolute_target_is_its_path(server, alice, cookie):
    answer = exchange(server, request_bytes("GET", f"{server.url}/api/me/", cookie, host=f"127.0.0.1:{server.port}"))
    assert (answer.status, answer.json) == (200, alice.as_user)


def test_field_names_know_no_case(server, alice):
    answer = exchange(server, request_bytes("GET", "/api/me/", f"cOOKIE: other=1; sessionid={alice.session_key}; z=2"))
    assert (answer.status, answer.json) == (200, alice.as_user)


def test_mangled_requests_never_get_a_500_and_never_stop_the_server(server, alice, cookie):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    good = request_bytes("POST", "/api/chats/", cookie, "Content-Type: application/json", "Connection: close",
                         content=b'{"name":"x","participant_ids":[1,"2"]}')
    for _ in range(400):
        data = bytearray(good)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(data))
            match chance.randrange(3):
                case 0:
                    data[place] = chance.randrange(256)
                case 1:
                    del data[place:place + chance.randint(1, 9)]
                case 2:
                    data[place:place] = chance.randbytes(chance.randint(1, 9))
        with RawConnection(server) as connection:
            connection.send_quietly(bytes(data))
            connection.shutdown_write()
            try:
                answer = connection.answer("POST")
            except Closed:
                continue
            assert answer.status < 500 or answer.status in (501, 505), (bytes(data), answer)
    assert alice.get("/api/me/").status_code == 200


@pytest.mark.parametrize("path, kind", [("/api/schema/", "json"), ("/api/schema/?format=yaml", "yaml")])
def test_the_openapi_document_needs_no_session(stranger, path, kind):
    answer = stranger.get(path)
    assert answer.status_code == 200
    assert kind in answer.headers["Content-Type"]
    if kind == "json":
        assert answer.json()["openapi"].startswith("3.1")
        assert "/api/chats/{id}/send_message/" in answer.json()["paths"]
    else:
        assert re.match(r'"?openapi"?: "?3\.1', answer.text)
