"""Requests from other sites (part I.1): browsers are safe, and curl without an Origin works."""
import pytest
import websockets

from people import Person, people_from_rows

ALLOWED = "https://app.example"
EVIL = "http://evil.example"


def refusal(origin):
    return {"detail": f"CSRF Failed: Origin checking failed - {origin} does not match any trusted origins."}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A server that trusts one other origin, and somebody who is logged in there."""
    from confab_server import Server
    server = Server(tmp_path_factory.mktemp("site"), "--allowed-origin", ALLOWED,
                    "--message-rate", "off", "--login-rate", "off").start()
    (person,) = people_from_rows(server, ["alice"])
    person.chat_id = person.make_chat()
    yield person
    server.stop()


# What a request says about where it comes from, and whether it may pass. HERE is the server's own origin.
CASES = [
    ({}, True),
    ({"Sec-Fetch-Site": "same-origin"}, True),
    ({"Sec-Fetch-Site": "none"}, True),
    ({"Sec-Fetch-Site": "same-site"}, False),
    ({"Sec-Fetch-Site": "cross-site"}, False),
    ({"Sec-Fetch-Site": "nonsense"}, False),
    ({"Sec-Fetch-Site": ""}, False),
    ({"Sec-Fetch-Site": "cross-site", "Origin": "HERE"}, False),
    ({"Sec-Fetch-Site": "cross-site", "Origin": EVIL}, False),
    ({"Sec-Fetch-Site": "cross-site", "Origin": ALLOWED}, True),
    ({"Sec-Fetch-Site": "same-origin", "Origin": "HERE"}, True),
    ({"Origin": "HERE"}, True),
    ({"Origin": ALLOWED}, True),
    ({"Origin": EVIL}, False),
    ({"Origin": "null"}, False),
    ({"Origin": "http://127.0.0.1:1"}, False),
    ({"Origin": "http://127.0.0.1"}, False),
    ({"Origin": "HERE.evil.example"}, False),
    ({"Origin": "http://evil.example/HERE"}, False),
    ({"Origin": "https://app.example.evil.example"}, False),
    ({"Origin": "https://sub.app.example"}, False),
    ({"Origin": "http://app.example"}, False),
    ({"Origin": "garbage"}, False),
    ({"Origin": EVIL, "Referer": "HERE/page"}, False),
    ({"Referer": "HERE/page?x=1"}, True),
    ({"Referer": ALLOWED + "/"}, True),
    ({"Referer": EVIL + "/HERE/"}, False),
    ({"Referer": "http://127.0.0.1:1/"}, False),
    ({"Referer": "garbage"}, False),
]


def fields_for(server, fields):
    return {name: value.replace("HERE", server.url) for name, value in fields.items()}


@pytest.mark.parametrize("fields, passes", CASES)
def test_unsafe_requests_pass_or_not(site, fields, passes):
    fields = fields_for(site.server, fields)
    answer = site.post("/api/chats/", {"name": "x"}, headers=fields)
    assert answer.status_code == (201 if passes else 403), answer.text
    if not passes:
        assert list(answer.json()) == ["detail"]
        assert answer.json()["detail"].startswith("CSRF Failed: ")
        if "Origin" in fields:
            assert answer.json() == refusal(fields["Origin"])


@pytest.mark.parametrize("fields, passes", CASES)
def test_websocket_handshakes_pass_or_not(site, fields, passes):
    fields = list(fields_for(site.server, fields).items())
    if passes:
        site.connect(site.chat_id, headers=fields).close()
    else:
        with pytest.raises(websockets.InvalidStatusCode) as refused:
            site.connect(site.chat_id, headers=fields)
        assert refused.value.status_code == 403


@pytest.mark.parametrize("method, path", [
    ("POST", "/api/register/"), ("POST", "/api/login/"), ("POST", "/api/logout/"),
    ("PUT", "/api/chats/{id}/"), ("PATCH", "/api/chats/{id}/"), ("DELETE", "/api/chats/{id}/"),
    ("POST", "/api/chats/{id}/send_message/"),
])
def test_every_unsafe_method_is_guarded_with_and_without_a_session(site, method, path):
    path = path.format(id=site.chat_id)
    body = {"username": "alice", "password": "correct horse", "name": "x", "content": "x"}
    answer = site.request(method, path, json=body, headers={"Origin": EVIL})
    assert (answer.status_code, answer.json()) == (403, refusal(EVIL))
    assert site.get(f"/api/chats/{site.chat_id}/").json()["messages"] == []
    if path in ("/api/register/", "/api/login/"):
        anonymous = Person(site.server)
        answer = anonymous.request(method, path, json=body, headers={"Origin": EVIL})
        assert (answer.status_code, answer.json()) == (403, refusal(EVIL))
        assert anonymous.session_key is None


def test_safe_methods_are_free_but_no_other_site_may_read_them(site):
    answer = site.get("/api/me/", headers={"Origin": EVIL, "Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


# The token proves that the sender could read our cookies, which says nothing about a foreign Origin that the browser named.
def test_a_csrf_token_is_never_required_and_never_makes_a_foreign_origin_pass(site):
    person = Person(site.server)
    person.post("/api/login/", {"username": "alice", "password": "correct horse"})
    token = {"X-CSRFToken": person.http.cookies["csrftoken"]}
    assert person.post("/api/chats/", {"name": "x"}, headers=token).status_code == 201
    answer = person.post("/api/chats/", {"name": "x"}, headers={**token, "Origin": EVIL})
    assert (answer.status_code, answer.json()) == (403, refusal(EVIL))


def test_an_allowed_origin_may_read_with_credentials(site):
    answer = site.get("/api/me/", headers={"Origin": ALLOWED})
    assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert "Origin" in answer.headers["Vary"]


def test_preflights_of_an_allowed_origin_are_answered(site):
    preflight = {"Origin": ALLOWED, "Access-Control-Request-Method": "POST",
                 "Access-Control-Request-Headers": "content-type"}
    answer = Person(site.server).request("OPTIONS", "/api/chats/", headers=preflight)
    assert answer.status_code in (200, 204)
    assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "content-type" in answer.headers["Access-Control-Allow-Headers"].lower()
    foreign = Person(site.server).request("OPTIONS", "/api/chats/", headers={**preflight, "Origin": EVIL})
    assert "Access-Control-Allow-Origin" not in foreign.headers
