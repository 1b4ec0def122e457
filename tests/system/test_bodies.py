"""What a request may carry (part I.1): the three body types, malformed JSON, text rules, limits."""
import itertools
import json

import pytest
import requests

from contract import (BLANK, CONTENT_BYTES_MAX, NOT_TEXT, NULL, REQUEST_BYTES_MAX, REQUIRED,
                      check_answer_fields, compact)
from raw_http import RawConnection, exchange, request_bytes

JSON_DEPTH_MAX = 64
LONG_BYTES = 128 * 1024   # beyond any limit of a request line or a field
MANY_FIELDS = 5000        # beyond any limit of their number


def post_bytes(person, content, content_type="application/json", path="/api/chats/"):
    headers = {"Content-Type": content_type} if content_type is not None else {}
    return person.request("POST", path, data=content, headers=headers)


def nested(depth):
    """A good body in which lists lie in lists, `depth` containers in all."""
    return b'{"name":"x","extra":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


@pytest.mark.parametrize("content_type", [
    "application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "application/json;indent=4",
])
def test_json_is_taken(alice, content_type):
    answer = post_bytes(alice, '{"name":"é"}'.encode(), content_type)
    assert (answer.status_code, answer.json()["name"]) == (201, "é")


@pytest.mark.parametrize("content_type", [
    "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=UTF-8",
])
def test_a_form_is_taken(alice, content_type):
    answer = post_bytes(alice, b"name=two+words%20%C3%A9%26&other=1", content_type)
    assert (answer.status_code, answer.json()["name"]) == (201, "two words é&")


def test_a_multipart_form_is_taken(alice):
    answer = alice.request("POST", "/api/chats/", files=[("name", (None, "é\r\n--b")), ("x", (None, "y"))])
    assert (answer.status_code, answer.json()["name"]) == (201, "é\r\n--b")


def test_of_a_repeated_key_the_last_counts_where_one_value_is_meant(alice):
    answer = post_bytes(alice, b"name=first&name=last", "application/x-www-form-urlencoded")
    assert answer.json()["name"] == "last"
    answer = post_bytes(alice, b'{"name":"first","name":"last"}')
    assert answer.json()["name"] == "last"


@pytest.mark.parametrize("content_type", [
    "text/plain", "application/xml", "application/jsonx", "multipart/mixed; boundary=x", "text/plain; charset=utf-8",
])
def test_another_type_is_refused_and_named(alice, content_type):
    answer = post_bytes(alice, b'{"name":"x"}', content_type)
    assert answer.status_code == 415
    assert answer.text == compact({"detail": f'Unsupported media type "{content_type}" in request.'})
    check_answer_fields(answer)


def test_content_without_a_type_is_refused(server, alice):
    answer = exchange(server, request_bytes(
        "POST", "/api/chats/", f"Cookie: sessionid={alice.session_key}", content=b'{"name":"x"}'), "POST")
    assert answer.status == 415
    assert answer.json == {"detail": 'Unsupported media type "" in request.'}


def test_an_empty_json_body_is_an_empty_object(alice):
    answer = post_bytes(alice, b"")
    assert (answer.status_code, answer.text) == (400, compact({"name": [REQUIRED]}))


@pytest.mark.parametrize("content", [
    b"{", b"}", b"{'name':'x'}", b'{"name":"x",}', b'{"name":"x"} x', b'{"name":"x"}{"name":"x"}', b"name",
    b'{"name":"\xff"}', b'{"name":"\xed\xa0\xbd"}', b'{"name":"\xc0\xaf"}', b'\xef\xbb\xbf{"name":"x"}',
    '{"name":"x"}'.encode("utf-16"), b'{"name":NaN}', b'{"name":Infinity}', b'{"name":"x","n":-Infinity}',
    b'{"name":"line\nbreak"}', b'{"name":"\\x"}', b'{"name":01}', b'{"name":tru}', b'\x00', b'{"name":"x"}\x00',
    nested(JSON_DEPTH_MAX + 1), b"[" * 100_000, b'{"a":' * 50_000, b"/* no */ {}", b'{"name":.5}', b'{"name":1.}',
])
def test_malformed_json_is_refused(alice, content):
    answer = post_bytes(alice, content)
    assert answer.status_code == 400, answer.text[:200]
    assert list(answer.json()) == ["detail"]
    assert answer.json()["detail"].startswith("JSON parse error - ")
    check_answer_fields(answer)


def test_json_nested_as_deep_as_is_allowed_is_taken(alice):
    assert post_bytes(alice, nested(JSON_DEPTH_MAX)).status_code == 201


@pytest.mark.parametrize("content, text", [
    (b"[]", "Invalid data. Expected a dictionary, but got list."),
    (b'[{"name":"x"}]', "Invalid data. Expected a dictionary, but got list."),
    (b'"x"', "Invalid data. Expected a dictionary, but got str."),
    (b"null", "No data provided"),
])
@pytest.mark.parametrize("path", ["/api/chats/", "/api/register/", "send_message/"])
def test_json_that_is_no_object_is_refused(alice, path, content, text):
    if path == "send_message/":
        path = f"/api/chats/{alice.make_chat()}/send_message/"
    answer = post_bytes(alice, content, path=path)
    assert (answer.status_code, answer.text) == (400, compact({"non_field_errors": [text]}))


@pytest.mark.parametrize("value, result", [
    ('"  x\\u3000\\u00a0\\n"', "x"), ("5", "5"), ("-7", "-7"), ("1.5", "1.5"), ('"\\ud83d\\ude00"', "😀"),
    ('"a\\u0000b"', ["Null characters are not allowed."]),
    ('"a\\ud83d"', ["Surrogate characters are not allowed: U+D83D."]),
    ('"\\ude00\\ud83d"', ["Surrogate characters are not allowed: U+DE00."]),
    ("true", [NOT_TEXT]), ("false", [NOT_TEXT]), ("[]", [NOT_TEXT]), ('["x"]', [NOT_TEXT]), ("{}", [NOT_TEXT]),
    ("null", [NULL]), ('""', [BLANK]), ('"\\u2003 \\t"', [BLANK]),
])
@pytest.mark.parametrize("field, path", [("name", "/api/chats/"), ("content", "send_message/")])
def test_text_fields_follow_one_set_of_rules(alice, field, path, value, result):
    if path == "send_message/":
        path = f"/api/chats/{alice.make_chat()}/send_message/"
    answer = post_bytes(alice, f'{{"{field}":{value}}}'.encode(), path=path)
    if isinstance(result, str):
        assert (answer.status_code, answer.json().get(field)) == (201, result)
    else:
        assert (answer.status_code, answer.text) == (400, compact({field: result}))


def test_a_request_of_1_mib_is_taken_and_one_byte_more_is_not(alice):
    body = b'{"name":"x"}'
    longest = body + b" " * (REQUEST_BYTES_MAX - len(body))
    assert post_bytes(alice, longest).status_code == 201
    try:
        answer = post_bytes(alice, longest + b" ")
    except requests.ConnectionError:
        return  # closed while it was still sending; what the answer is, the next test sees
    assert answer.status_code == 413


# Refused before the bytes come: a client that waits for the verdict gets it.
def test_an_announced_length_over_the_limit_is_refused_at_once(server, alice):
    head = request_bytes("POST", "/api/chats/", f"Cookie: sessionid={alice.session_key}",
                         "Content-Type: application/json", f"Content-Length: {REQUEST_BYTES_MAX + 1}")
    answer = exchange(server, head, "POST")
    assert answer.status == 413 and list(answer.json) == ["detail"]


@pytest.mark.parametrize("length", ["99999999999999999999999", "-1", "+5", "5x", "0x5", "5, 6", ""])
def test_a_length_that_is_none_is_refused(server, length):
    head = request_bytes("POST", "/api/login/", "Content-Type: application/json", f"Content-Length: {length}")
    answer = exchange(server, head, "POST")
    assert answer.status in (400, 413), answer


def test_chunks_over_the_limit_are_refused(server, alice):
    with RawConnection(server) as connection:
        connection.send(request_bytes("POST", "/api/chats/", f"Cookie: sessionid={alice.session_key}",
                                      "Content-Type: application/json", "Transfer-Encoding: chunked"))
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        for _ in range(REQUEST_BYTES_MAX // 0x10000 + 2):
            connection.send_quietly(chunk)
        assert connection.answer("POST").status == 413


def test_chunks_are_put_together(server, alice):
    with RawConnection(server) as connection:
        connection.send(request_bytes("POST", "/api/chats/", f"Cookie: sessionid={alice.session_key}",
                                      "Content-Type: application/json", "Transfer-Encoding: chunked"))
        connection.send_bytewise(b'4;ext=1\r\n{"na\r\n9\r\nme":"abc"\r\n1\r\n}\r\n0\r\nTrailer: x\r\n\r\n')
        answer = connection.answer("POST")
        assert (answer.status, answer.json["name"]) == (201, "abc")


@pytest.mark.parametrize("data, status", [
    (request_bytes("GET", "/api/me/?" + "x" * LONG_BYTES), 414),
    (request_bytes("GET", "/" + "x" * LONG_BYTES), 414),
    (request_bytes("GET", "/api/me/", "X-Long: " + "x" * LONG_BYTES), 431),
    (request_bytes("GET", "/api/me/", "X-" + "x" * LONG_BYTES + ": 1"), 431),
    (request_bytes("GET", "/api/me/", *[f"X-{i}: 1" for i in range(MANY_FIELDS)]), 431),
])
def test_what_is_too_long_is_refused_with_its_own_status(server, data, status):
    answer = exchange(server, data)
    assert answer.status == status and list(answer.json) == ["detail"]


def test_field_errors_come_for_forms_as_for_json(alice):
    answer = post_bytes(alice, b"name=%00", "application/x-www-form-urlencoded")
    assert answer.text == compact({"name": ["Null characters are not allowed."]})
    answer = post_bytes(alice, b"name=+%E3%80%80", "application/x-www-form-urlencoded")
    assert answer.text == compact({"name": [BLANK]})


@pytest.mark.parametrize("content, content_type", [
    (b"name=%FF%FE", "application/x-www-form-urlencoded"),
    (b"name=%zz&%&=&&&", "application/x-www-form-urlencoded"),
    (b"&" * 100_000, "application/x-www-form-urlencoded"),
    (b"--b\r\n", "multipart/form-data; boundary=b"),
    (b"--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nx", "multipart/form-data; boundary=b"),
    (b"x", "multipart/form-data"),
    (b"x", "multipart/form-data; boundary=" + "b" * 1000),
    (b"--b\r\n\r\n\r\n--b--", "multipart/form-data; boundary=b"),
    (b"\xff" * 1000, "application/json; charset=utf-16"),
])
def test_odd_bodies_get_a_clear_answer(alice, content, content_type):
    answer = post_bytes(alice, content, content_type)
    assert answer.status_code in (201, 400, 413, 415), answer.text
    assert answer.headers["Content-Type"] == "application/json"


# A parser that sees a body in pieces must see the same body.
@pytest.mark.parametrize("content_type, content", [
    ("application/json", b'{"name":"a\\u00e9\xc3\xa9"}'),
    ("application/x-www-form-urlencoded", b"name=a%C3%A9%C3%A9"),
    ("multipart/form-data; boundary=b",
     b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\na\xc3\xa9\xc3\xa9\r\n--b--\r\n'),
])
def test_a_body_that_comes_byte_by_byte_is_the_same_body(server, alice, content_type, content):
    data = request_bytes("POST", "/api/chats/", f"Cookie: sessionid={alice.session_key}",
                         f"Content-Type: {content_type}", content=content)
    with RawConnection(server) as connection:
        connection.send_bytewise(data)
        assert connection.answer("POST").json["name"] == "aéé"


def test_content_over_its_limit_is_a_field_error_in_every_body_type(alice):
    path = f"/api/chats/{alice.make_chat()}/send_message/"
    content = "x" * (CONTENT_BYTES_MAX + 1)
    answers = [alice.post(path, {"content": content}), alice.request("POST", path, data={"content": content}),
               alice.request("POST", path, files={"content": (None, content)})]
    assert [answer.status_code for answer in answers] == [400, 400, 400]
    texts = {json.dumps(answer.json()) for answer in answers}
    assert len(texts) == 1 and list(answers[0].json()) == ["content"]


def test_no_cut_of_a_request_harms_the_next_client(server, alice):
    data = request_bytes("POST", "/api/chats/", f"Cookie: sessionid={alice.session_key}",
                         "Content-Type: application/json", content=b'{"name":"x"}')
    for end in itertools.chain(range(0, len(data), 7), [len(data) - 1]):
        with RawConnection(server) as connection:
            connection.send(data[:end])
    assert alice.get("/api/me/").status_code == 200
