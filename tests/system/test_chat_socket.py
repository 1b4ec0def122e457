"""The WebSocket of a chat, row by row of part I.3."""
import contextlib
import datetime
import json
import threading

import pytest
import websockets

import django_rows
from chat_socket import ChatSocket
from confab_server import is_sanitized
from contract import CONTENT_BYTES_MAX, TIMESTAMP, compact
from people import Person, people_from_rows
from raw_http import RawConnection, exchange, request_bytes

EMPTY = "Content cannot be empty"
TOO_LONG = f"Content is too long (at most {CONTENT_BYTES_MAX} bytes)"
TOO_FAST = "Too many messages, please slow down"
REFUSED_TRIES_MAX = 60
BOMB_BYTES = 64 * 1024 * 1024
BOMB_MEMORY_KIB_MAX = 16 * 1024   # what the server may hold of it


def frame_of(person, chat_id, content, got):
    """The text of a message's frame as the existing system makes it; id and time as they came."""
    message = json.loads(got)["message"]
    return json.dumps({"type": "message", "message": {
        "id": message["id"], "chat": chat_id, "sender": person.as_user, "content": content,
        "timestamp": message["timestamp"]}})


@contextlib.contextmanager
def database_of(server):
    with contextlib.closing(django_rows.connect(server.database)) as db:
        yield db


def refusal_status(*arguments, **options):
    with pytest.raises(websockets.InvalidStatusCode) as refused:
        ChatSocket(*arguments, **options)
    return refused.value.status_code


# --- messages ---


def test_a_message_reaches_everyone_in_the_chat_and_the_history(alice, bob, carol):
    chat_id = alice.make_chat(bob, carol)
    with alice.connect(chat_id) as a, bob.connect(chat_id) as b, bob.connect(chat_id) as b2:
        a.say("Hello")
        texts = [socket.receive_text() for socket in (a, b, b2)]
        assert texts == [frame_of(alice, chat_id, "Hello", texts[0])] * 3
        message = json.loads(texts[0])["message"]
        assert TIMESTAMP.fullmatch(message["timestamp"])
        assert carol.history(chat_id) == [message]


# Clients compare and parse these bytes; Python's json.dumps is the contract.
@pytest.mark.parametrize("content", [
    "Hello", "ü €", "😀", '"\\/', "\x01\x1f\x7f\x80", "\b\f\n\r\t", "</script>&amp;", "\u2028\u2029x", "  kept  ",
    "\U0010ffff\uffff\ufeff", "a" * 125, "a" * 126, "a" * 65_536, "é" * 1000, "\u0085x\u00a0",
])
@pytest.mark.parametrize("compression", [None, "deflate"])
def test_frames_are_the_bytes_of_json_dumps(alice, content, compression):
    chat_id = alice.make_chat()
    with alice.connect(chat_id, compression=compression) as socket:
        for ensure_ascii in (True, False):
            socket.send_text(json.dumps({"content": content}, ensure_ascii=ensure_ascii))
            text = socket.receive_text()
            assert text == frame_of(alice, chat_id, content, text)


@pytest.mark.parametrize("sent, content", [
    ('{"content":5}', "5"), ('{"content":1.5}', "1.5"), ('{"content":-7}', "-7"),
    ('{"content":"x","type":"y","nonce":"1","ref":2,"sender":{"id":1},"chat":7,"id":9}', "x"),
    (' \t\n{"content" : "x" } ', "x"), ('{"content":"a","content":"b"}', "b"), ('{"content":"\\ud83d\\ude00"}', "😀"),
])
def test_odd_but_good_frames_are_stored(alice, sent, content):
    chat_id = alice.make_chat()
    with alice.connect(chat_id) as socket:
        socket.send_text(sent)
        text = socket.receive_text()
        assert text == frame_of(alice, chat_id, content, text)


# Without a nonce there is no way to know that it is the same message: it is stored each time.
def test_an_equal_message_is_stored_each_time(alice):
    chat_id = alice.make_chat()
    with alice.connect(chat_id) as socket:
        for _ in range(3):
            socket.send_json({"content": "x", "nonce": "1"})
        assert [socket.receive_content() for _ in range(3)] == ["x"] * 3


@pytest.mark.parametrize("sent, text", [
    ("", "Invalid JSON"), ("{", "Invalid JSON"), ("hello", "Invalid JSON"), ("{'content':'x'}", "Invalid JSON"),
    ('\ufeff{"content":"x"}', "Invalid JSON"), ('{"content":"x"} x', "Invalid JSON"), (" ", "Invalid JSON"),
    ('{"content":"x"}{"content":"y"}', "Invalid JSON"), ('{"content":"line\nbreak"}', "Invalid JSON"),
    ("[]", "Message must be a JSON object"), ('["content"]', "Message must be a JSON object"),
    ('"content"', "Message must be a JSON object"), ("5", "Message must be a JSON object"),
    ("null", "Message must be a JSON object"), ("true", "Message must be a JSON object"),
    ("{}", EMPTY), ('{"type":"typing"}', EMPTY), ('{"content":""}', EMPTY), ('{"content":null}', EMPTY),
    ('{"content":false}', EMPTY), ('{"content":0}', EMPTY), ('{"content":[]}', EMPTY),
    ('{"content":"  \\t\\n"}', EMPTY), ('{"content":"\\u00a0\\u2003\\u3000"}', EMPTY), ('{"Content":"x"}', EMPTY),
    ('{"content":true}', None), ('{"content":["x"]}', None), ('{"content":{"a":1}}', None),
    ('{"content":"a\\u0000b"}', None), ('{"content":"a\\ud83d"}', None), ('{"content":"\\ude00\\ud83d"}', None),
    ('{"content":NaN}', None), ('{"content":' + "[" * 100_000, None), ('{"a":' * 1000 + "1" + "}" * 1000, None),
])
def test_what_cannot_be_stored_is_answered_to_the_sender_alone(alice, bob, sent, text):
    chat_id = alice.make_chat(bob)
    with alice.connect(chat_id) as sender, bob.connect(chat_id) as other:
        sender.send_text(sent)
        error = sender.receive_error()
        assert error == text if text else error
        sender.say("the connection stays")
        assert sender.receive_content() == "the connection stays"
        assert other.receive_content() == "the connection stays"
    assert len(alice.history(chat_id)) == 1


def test_an_error_frame_has_the_bytes_of_json_dumps_too(alice):
    with alice.connect(alice.make_chat()) as socket:
        socket.send_text("{")
        assert socket.receive_text() == '{"type": "error", "message": "Invalid JSON"}'


def test_content_of_256_kib_is_stored_and_one_byte_more_is_not(alice, bob):
    chat_id = alice.make_chat(bob)
    longest = "é" * (CONTENT_BYTES_MAX // 2)
    with alice.connect(chat_id) as socket:
        socket.send_text(json.dumps({"content": longest}, ensure_ascii=False))
        assert socket.receive_content() == longest
        socket.send_text(json.dumps({"content": longest + "x"}, ensure_ascii=False))
        assert socket.receive_error() == TOO_LONG
    assert len(alice.history(chat_id)) == 1


def test_a_frame_beyond_every_limit_ends_with_1009_or_an_error(alice):
    chat_id = alice.make_chat()
    socket = alice.connect(chat_id, compression=None)
    with contextlib.suppress(websockets.ConnectionClosed):
        socket.send_text(json.dumps({"content": "x" * (16 * 1024 * 1024)}))
        assert socket.receive_error() == TOO_LONG
        return
    assert socket.wait_closed() == 1009
    assert alice.history(chat_id) == []


# A few bytes on the wire must not become all the memory there is.
def test_a_compressed_bomb_ends_with_1009_or_an_error(server, alice):
    chat_id = alice.make_chat()
    before_kib = server.memory_peak_kib()
    socket = alice.connect(chat_id)
    with contextlib.suppress(websockets.ConnectionClosed):
        socket.send_text(" " * BOMB_BYTES)
        socket.receive_error()
    socket.close()
    assert is_sanitized() or server.memory_peak_kib() - before_kib < BOMB_MEMORY_KIB_MAX
    assert alice.get("/api/me/").status_code == 200


def test_a_binary_frame_is_refused(alice):
    chat_id = alice.make_chat()
    socket = alice.connect(chat_id)
    socket.send_binary(b'{"content":"x"}')
    try:
        assert socket.receive_error() == "Binary messages are not supported"
    except websockets.ConnectionClosed:
        assert socket.close_code == 1003
    socket.close()
    assert alice.history(chat_id) == []


def test_nothing_is_sent_or_replayed_on_connecting(alice):
    chat_id = alice.make_chat()
    with alice.connect(chat_id) as socket:
        socket.say("earlier")
        socket.receive_content()
    with alice.connect(chat_id) as socket:
        assert socket.received_by_now() == []


def test_chats_do_not_hear_each_other(alice, bob):
    one, two = alice.make_chat(bob), alice.make_chat(bob)
    with bob.connect(one) as in_one, alice.connect(two) as in_two:
        in_two.say("for two")
        in_two.receive_content()
        assert in_one.received_by_now() == []


def test_all_connections_see_one_order_that_of_the_history(alice, bob, carol):
    people = (alice, bob, carol)
    chat_id = alice.make_chat(bob, carol)
    each = 100
    sockets = [person.connect(chat_id) for person in people for _ in range(2)]

    def speak(index):
        for number in range(each):
            sockets[index].say(f"{index} {number}")

    speakers = [threading.Thread(target=speak, args=(index,)) for index in range(len(sockets))]
    for speaker in speakers:
        speaker.start()
    seen = [[socket.receive_content() for _ in range(each * len(sockets))] for socket in sockets]
    for speaker in speakers:
        speaker.join()
    history = [message["content"] for message in alice.history(chat_id)]
    assert all(contents == history for contents in seen)
    for index in range(len(sockets)):
        own = [content for content in history if content.startswith(f"{index} ")]
        assert own == [f"{index} {number}" for number in range(each)]
    for socket in sockets:
        socket.close()


def test_a_burst_in_one_write_is_answered_message_by_message(alice):
    chat_id = alice.make_chat()
    with alice.connect(chat_id) as socket:
        for number in range(300):
            socket.send_text("{" if number % 3 == 0 else json.dumps({"content": str(number)}))
        frames = [socket.receive() for _ in range(300)]
    stored = [frame["message"]["content"] for frame in frames if frame["type"] == "message"]
    assert stored == [str(number) for number in range(300) if number % 3]
    assert [f for f in frames if f["type"] == "error"] == [{"type": "error", "message": "Invalid JSON"}] * 100


# --- the handshake ---


def test_the_handshake_is_refused_alike_to_all_who_may_not_enter(server, alice, bob, stranger, make_people):
    chat_id = bob.make_chat()
    (inactive,) = make_people(1)
    (expired,) = make_people(1)
    with database_of(server) as db:
        for person in (inactive, expired):
            db.execute("INSERT INTO chat_chat_participants (chat_id, user_id) VALUES (?, ?)", (chat_id, person.id))
        db.execute("UPDATE chat_user SET is_active = 0 WHERE id = ?", (inactive.id,))
        past = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=1)
        db.execute("UPDATE django_session SET expire_date = ? WHERE session_key = ?",
                   (django_rows.datetime_text(past), expired.session_key))
    answers = []
    for target, key in ((chat_id, None), (chat_id, "garbage-cookie"), (chat_id, alice.session_key),
                        (chat_id, inactive.session_key), (chat_id, expired.session_key),
                        (999999, alice.session_key), (999999, None), (0, alice.session_key)):
        fields = [f"Cookie: sessionid={key}"] if key else []
        answers.append(exchange(server, handshake_bytes(f"/ws/chat/{target}/", *fields)))
    assert [answer.status for answer in answers] == [403] * len(answers)
    assert len({answer.content for answer in answers}) == 1, "the answer must not tell why"


def handshake_bytes(target, *fields, version="13", key="dGhlIHNhbXBsZSBub25jZQ=="):
    lines = ["Upgrade: websocket", "Connection: Upgrade", *fields]
    if version is not None:
        lines.append(f"Sec-WebSocket-Version: {version}")
    if key is not None:
        lines.append(f"Sec-WebSocket-Key: {key}")
    return request_bytes("GET", target, *lines)


@pytest.mark.parametrize("path", [
    "/ws/chat/abc/", "/ws/chat/{id}", "/xyz/ws/chat/{id}/", "/ws/chat/99999999999999999999999/", "/ws/chat/-1/",
    "/ws/chat//", "/ws/chat/1.5/", "/ws/chat/{id}/more/", "/ws/chat/%31/x",
])
def test_a_path_that_is_no_chat_is_not_found(server, alice, path):
    path = path.format(id=alice.make_chat())
    assert refusal_status(server, path, alice.session_key) == 404


def test_leading_zeros_are_the_same_room_and_a_query_is_ignored(server, alice):
    chat_id = alice.make_chat()
    with alice.connect(chat_id) as plain, \
            ChatSocket(server, f"/ws/chat/00{chat_id}/?token=x&after=1", alice.session_key) as other:
        other.say("x")
        assert plain.receive_text() == other.receive_text()


@pytest.mark.parametrize("version", ["12", "14", "0", "x", None])
def test_another_version_is_told_the_right_one(server, alice, version):
    answer = exchange(server, handshake_bytes(f"/ws/chat/{alice.make_chat()}/",
                                              f"Cookie: sessionid={alice.session_key}", version=version))
    assert answer.status == 426 and answer.field("sec-websocket-version") == "13"


@pytest.mark.parametrize("key", [None, "", "short", "dGhlIHNhbXBsZSBub25jZQ", "!" * 24])
def test_a_handshake_without_a_good_key_is_a_bad_request(server, alice, key):
    answer = exchange(server, handshake_bytes(f"/ws/chat/{alice.make_chat()}/",
                                              f"Cookie: sessionid={alice.session_key}", key=key))
    assert answer.status == 400


def test_a_plain_get_is_told_to_upgrade(server, alice):
    answer = exchange(server, request_bytes("GET", f"/ws/chat/{alice.make_chat()}/",
                                            f"Cookie: sessionid={alice.session_key}"))
    assert answer.status == 426
    assert answer.field("upgrade").lower() == "websocket"


def test_the_accept_value_is_that_of_the_rfc(server, alice):
    answer = exchange(server, handshake_bytes(f"/ws/chat/{alice.make_chat()}/",
                                              f"Cookie: sessionid={alice.session_key}"))
    assert answer.status == 101 and answer.field("sec-websocket-accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert answer.field("sec-websocket-extensions") is None and answer.field("sec-websocket-protocol") is None


def test_compression_is_accepted_when_it_is_offered(alice):
    chat_id = alice.make_chat()
    with alice.connect(chat_id) as offered, alice.connect(chat_id, compression=None) as plain:
        assert offered.extensions.startswith("permessage-deflate") and plain.extensions is None
        for content in ("short", "long " * 10_000, "x"):
            plain.say(content)
            assert offered.receive_text() == plain.receive_text()


# Browsers end a connection whose answer names a subprotocol that they did not offer.
def test_an_unknown_subprotocol_is_not_answered(alice):
    with alice.connect(alice.make_chat(), subprotocols=["unknown", "other"]) as socket:
        assert socket.subprotocol is None
        socket.say("x")
        assert socket.receive_content() == "x"


# --- too fast ---


def test_who_sends_too_fast_is_told_and_others_are_not_affected(start_server):
    server = start_server("--message-rate", "1", "--message-burst", "5")
    alice, bob = people_from_rows(server, ["alice", "bob"])
    chat_id = alice.make_chat(bob)
    with alice.connect(chat_id) as fast, bob.connect(chat_id) as slow:
        for number in range(40):
            fast.say(str(number))
        frames = []
        while len(frames) < 40:
            frames.append(fast.receive())
        refused = [frame for frame in frames if frame["type"] == "error"]
        stored = [frame["message"]["content"] for frame in frames if frame["type"] == "message"]
        assert stored[:5] == ["0", "1", "2", "3", "4"]
        assert refused and all(frame["message"] == TOO_FAST for frame in refused)
        slow.say("from bob")
        contents = [slow.receive_content() for _ in range(len(stored) + 1)]
        assert contents == stored + ["from bob"]
    assert [m["content"] for m in alice.history(chat_id)] == contents


# The rate is the user's, so a second connection or REST is no way round it.
def test_rest_counts_against_the_same_rate(start_server):
    server = start_server("--message-rate", "1", "--message-burst", "5")
    (alice,) = people_from_rows(server, ["alice"])
    chat_id = alice.make_chat()
    for _ in range(REFUSED_TRIES_MAX):
        answer = alice.post(f"/api/chats/{chat_id}/send_message/", {"content": "x"})
        if answer.status_code == 429:
            break
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.json()["detail"].startswith("Request was throttled. Expected available in ")


# --- ends ---


@pytest.mark.parametrize("code", [1000, 1001, 3000, 4999])
def test_the_client_s_close_code_is_answered(alice, code):
    socket = alice.connect(alice.make_chat())
    socket.close(code)
    assert socket.close_code == code


def test_a_logout_closes_the_connections_of_that_session_only(server, alice):
    chat_id = alice.make_chat()
    with database_of(server) as db:
        other = Person(server, alice.username, alice.id, django_rows.add_session(db, alice.id, server.secret_key))
    first, second, stays = alice.connect(chat_id), alice.connect(chat_id), other.connect(chat_id)
    alice.post("/api/logout/")
    assert (first.wait_closed(), second.wait_closed()) == (4401, 4401)
    stays.say("still here")
    assert stays.receive_content() == "still here"
    stays.close()


def test_deleting_a_chat_closes_its_connections(alice, bob):
    chat_id, other_id = alice.make_chat(bob), alice.make_chat(bob)
    sockets = [alice.connect(chat_id), bob.connect(chat_id)]
    with bob.connect(other_id) as other:
        alice.delete(f"/api/chats/{chat_id}/")
        assert [socket.wait_closed() for socket in sockets] == [4404, 4404]
        other.say("x")
        assert other.receive_content() == "x"


# Rows that another process (Django's admin) changes have the same effect as our own endpoints.
@pytest.mark.parametrize("statement, code", [
    ("DELETE FROM chat_chat_participants WHERE chat_id = :chat AND user_id = :user", 4403),
    ("DELETE FROM django_session WHERE session_key = :key", 4401),
    ("UPDATE django_session SET expire_date = '2020-01-01 00:00:00' WHERE session_key = :key", 4401),
    ("UPDATE chat_user SET is_active = 0 WHERE id = :user", 4401),
    ("UPDATE chat_user SET password = 'pbkdf2_sha256$1$aaaaaaaaaaaaaaaaaaaaaa$AA==' WHERE id = :user", 4401),
])
def test_who_is_removed_by_another_process_is_closed(server, alice, bob, statement, code):
    chat_id = alice.make_chat(bob)
    with alice.connect(chat_id) as stays:
        socket = bob.connect(chat_id)
        with database_of(server) as db:
            db.execute(statement, {"chat": chat_id, "user": bob.id, "key": bob.session_key})
        assert socket.wait_closed() == code
        stays.say("without bob")
        assert stays.receive_content() == "without bob"


def test_after_a_removal_nothing_more_is_accepted(alice, bob):
    chat_id = alice.make_chat(bob)
    socket = bob.connect(chat_id)
    bob.post("/api/logout/")
    with contextlib.suppress(websockets.ConnectionClosed):
        socket.say("too late")
    socket.wait_closed()
    assert alice.history(chat_id) == []


def test_a_protocol_violation_ends_only_its_own_connection(server, alice):
    chat_id = alice.make_chat()
    with alice.connect(chat_id) as stays:
        with RawConnection(server) as broken:
            broken.send(handshake_bytes(f"/ws/chat/{chat_id}/", f"Cookie: sessionid={alice.session_key}"))
            assert broken.answer().status == 101
            broken.send(b"\x81\x02hi")  # not masked
            end = broken.read_to_end()
            assert end[:1] == b"\x88" and end[2:4] == (1002).to_bytes(2, "big")
        stays.say("x")
        assert stays.receive_content() == "x"


def test_a_user_named_in_frames_is_the_one_of_the_database(server, make_people):
    (person,) = make_people(1, email="ä@example.com", user_type="owner")
    chat_id = person.make_chat()
    with person.connect(chat_id) as socket:
        socket.say("x")
        text = socket.receive_text()
        assert '"email": "\\u00e4@example.com", "user_type": "owner"}' in text
    assert compact({"id": person.id, "username": person.username, "email": "ä@example.com",
                    "user_type": "owner"}) in person.get(f"/api/chats/{chat_id}/messages/").text
