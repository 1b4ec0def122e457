"""The fields that keep browsers from misusing an answer: on all of them, not only the API's; and the pages' policy."""
import re

import pytest
import requests

from confab_server import Server
from raw_http import RawConnection, request_bytes

UPGRADE = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")

ANSWERS = [
    (200, request_bytes("GET", "/healthz")),
    (405, request_bytes("POST", "/healthz", "Content-Length: 0")),
    (200, request_bytes("GET", "/metrics")),
    (200, request_bytes("GET", "/api/docs/")),
    (200, request_bytes("GET", "/api/schema/")),
    (301, request_bytes("GET", "/api/me")),
    (403, request_bytes("GET", "/api/me/")),
    (404, request_bytes("GET", "/")),
    (404, request_bytes("GET", "/api/docs/nothing.js")),
    (404, request_bytes("GET", "/ws/nothing/", *UPGRADE)),
    (403, request_bytes("GET", "/ws/chat/1/", *UPGRADE)),
    (426, request_bytes("GET", "/ws/chat/1/")),
    (400, b"nonsense\r\n\r\n"),
    (400, b"GET / HTTP/1.1\r\n\r\n"),
    (414, b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n"),
    (431, b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 100_000 + b"\r\n\r\n"),
    (413, b"POST /api/login/ HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n"),
]


@pytest.fixture(scope="module")
def public_server(tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("server"), "--metrics").start()
    yield running
    running.stop()


@pytest.mark.parametrize("status, request_text", ANSWERS, ids=[f"{status} {text[:24].decode()}" for status, text in ANSWERS])
def test_every_answer_carries_them(public_server, status, request_text):
    connection = RawConnection(public_server)
    connection.send(request_text)
    answer = connection.answer()
    assert answer.status == status
    assert answer.field("x-frame-options") == "DENY"
    assert answer.field("x-content-type-options") == "nosniff"
    assert answer.field("referrer-policy") == "same-origin"


def test_pages_run_nothing_that_is_not_ours(public_server):
    answer = requests.get(public_server.url + "/api/docs/")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    for name in ("base-uri", "form-action", "frame-ancestors"):
        assert policy[name] == "'none'", "these do not follow default-src"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|style=|<style", answer.text), "nothing inline, since the policy stops it"
    assert not re.search(r"(src|href)=\"(https?:)?//", answer.text), "nothing from elsewhere"
