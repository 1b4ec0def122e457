"""The opening handshake on the wire (RFC 6455, section 4.2; RFC 7692, section 7.1), which the conformance suite leaves out.

Each request differs from a good one in one point, so that what is accepted or refused is that point.
"""
import struct

import pytest

import wire
from wire import CONTINUATION, PING, TEXT, Event, frame

KEY = "dGhlIHNhbXBsZSBub25jZQ=="


@pytest.fixture
def fields(server):
    return wire.usual_fields(server.host, server.port, KEY)


def without(fields, *names):
    return [(name, value) for name, value in fields if name not in names]


def changed(fields, **values):
    """With other values; _ in a name stands for -."""
    values = {name.replace("_", "-"): value for name, value in values.items()}
    return [(name, values.get(name, value)) for name, value in fields]


def ask(server, data, chop=None):
    """Send a request as bytes; its response, or None if the connection was dropped."""
    with wire.Wire(server.host, server.port) as one:
        one.send(data, chop)
        return one.read_response()


# Refused

BAD_KEYS = {
    "empty": "",
    "one letter": "a",
    "15 bytes": "AAAAAAAAAAAAAAAAAAAA",
    "17 bytes": "AAAAAAAAAAAAAAAAAAAAAAA=",
    "24 characters that are not base64": "!!!!!!!!!!!!!!!!!!!!!!==",
    "the URL's alphabet": "----------__________AA==",
    "no padding": "AAAAAAAAAAAAAAAAAAAAAA",
    "padding inside": "AAAAAAAAAAA==AAAAAAAAAAA",
    "32 bytes": "A" * 43 + "=",
}


@pytest.mark.parametrize("key", BAD_KEYS.values(), ids=BAD_KEYS)
def test_bad_key_is_refused(server, fields, key):
    response = ask(server, wire.request(changed(fields, Sec_WebSocket_Key=key)))
    assert response.status == 400


def test_missing_key_is_refused(server, fields):
    assert ask(server, wire.request(without(fields, "Sec-WebSocket-Key"))).status == 400


@pytest.mark.parametrize("second", [KEY, "AAAAAAAAAAAAAAAAAAAAAA=="])
def test_two_keys_are_refused(server, fields, second):
    assert ask(server, wire.request(fields + [("Sec-WebSocket-Key", second)])).status == 400


def test_missing_host_is_refused(server, fields):
    assert ask(server, wire.request(without(fields, "Host"))).status == 400


def test_two_hosts_are_refused(server, fields):
    assert ask(server, wire.request(fields + [("Host", "other")])).status == 400


BAD_SYNTAX = {
    "blank before the colon": b"Upgrade : websocket\r\n",
    "NUL in a value": b"X-Nul: a\x00b\r\n",
    "NUL in a name": b"X\x00Nul: a\r\n",
    "no colon": b"Nonsense\r\n",
    "folded line": b"X-Folded: a\r\n b\r\n",
    "no name": b": value\r\n",
}


@pytest.mark.parametrize("line", BAD_SYNTAX.values(), ids=BAD_SYNTAX)
def test_bad_field_syntax_is_refused(server, fields, line):
    data = wire.request(fields)
    assert ask(server, data[:-2] + line + b"\r\n").status == 400


@pytest.mark.parametrize("value", [None, "", "websockets", "h2c", "web socket"])
@pytest.mark.parametrize("name", ["Upgrade", "Connection"])
def test_request_without_upgrade_is_refused(server, fields, name, value):
    other = without(fields, name) if value is None else changed(fields, **{name: value})
    assert ask(server, wire.request(other)).status in (400, 426)


@pytest.mark.parametrize("version", ["0", "7", "8", "12", "14", "113", "013", "13.0", "-13", "abc", "13, 8"])
def test_other_version_is_told_the_right_one(server, fields, version):
    response = ask(server, wire.request(changed(fields, Sec_WebSocket_Version=version)))
    assert response.status == 426
    assert response.one("Sec-WebSocket-Version") == "13"


@pytest.mark.parametrize("version", [None, ""])
def test_missing_version_is_refused(server, fields, version):
    other = (without(fields, "Sec-WebSocket-Version") if version is None
             else changed(fields, Sec_WebSocket_Version=version))
    assert ask(server, wire.request(other)).status in (400, 426)


@pytest.mark.parametrize("method", ["POST", "PUT", "HEAD", "DELETE", "OPTIONS"])
def test_other_method_is_refused(server, fields, method):
    response = ask(server, wire.request(fields + [("Content-Length", "0")], method=method))
    assert response.status in (400, 405)


def test_http_1_0_is_refused(server, fields):
    assert ask(server, wire.request(fields, version="HTTP/1.0")).status in (400, 426, 505)


HUGE = {
    "one field": [("X-Huge", "a" * 1_000_000)],
    "many fields": [(f"X-{i}", "a" * 100) for i in range(10_000)],
    "extensions": [("Sec-WebSocket-Extensions", ", ".join(["permessage-deflate; x=1"] * 40_000))],
}


@pytest.mark.parametrize("extra", HUGE.values(), ids=HUGE)
def test_huge_head_is_refused(server, fields, extra):
    response = ask(server, wire.request(fields + extra))
    assert response is None or response.status in (400, 413, 431)


def test_server_lives_after_refusals(server, fields):
    """None of the refused requests may have cost the others anything."""
    for _ in range(50):
        ask(server, wire.request(without(fields, "Sec-WebSocket-Key")))
    with wire.connect(server) as ws:
        ws.end()


# Accepted


def check_works(server, data, offer=None, chop=None):
    """The request opens a WebSocket that echoes."""
    with wire.Wire(server.host, server.port) as ws:
        ws.send(data, chop)
        wire.check_accepted(ws, ws.read_response(), KEY, offer)
        ws.send_text(b"Hello")
        ws.expect(Event("text", b"Hello"))
        ws.end()


GOOD_VALUES = {
    "as usual": {},
    "upgrade in capitals": {"Upgrade": "WEBSOCKET"},
    "upgrade in small letters": {"Upgrade": "websocket"},
    "list in upgrade": {"Upgrade": "foo, websocket"},
    "connection in small letters": {"Connection": "upgrade"},
    "connection in capitals": {"Connection": "UPGRADE"},
    "list in connection": {"Connection": "keep-alive, Upgrade"},
    "list in connection without blanks": {"Connection": "Upgrade,keep-alive"},
    "empty elements in connection": {"Connection": ",, Upgrade ,"},
    "blanks behind values": {"Upgrade": "websocket  \t", "Sec-WebSocket-Key": KEY + " \t ", "Sec-WebSocket-Version": "13 "},
    "blanks before values": {"Upgrade": " \t websocket", "Sec-WebSocket-Key": "\t " + KEY, "Sec-WebSocket-Version": "\t13"},
}


@pytest.mark.parametrize("values", GOOD_VALUES.values(), ids=GOOD_VALUES)
def test_spellings_of_values_are_accepted(server, fields, values):
    check_works(server, wire.request([(name, values.get(name, value)) for name, value in fields]))


@pytest.mark.parametrize("spell", [str.upper, str.lower, str.swapcase], ids=["upper", "lower", "swapped"])
def test_names_in_any_case_are_accepted(server, fields, spell):
    check_works(server, wire.request([(spell(name), value) for name, value in fields]))


def test_no_blank_behind_the_colon_is_accepted(server, fields):
    data = wire.request(fields)
    check_works(server, data.replace(b": ", b":"))


def test_connection_over_two_lines_is_accepted(server, fields):
    check_works(server, wire.request([("Connection", "keep-alive")] + fields))
    check_works(server, wire.request(fields + [("Connection", "keep-alive")]))


def test_fields_in_any_order_are_accepted(server, fields):
    for turn in range(len(fields)):
        check_works(server, wire.request(fields[turn:] + fields[:turn]))
    check_works(server, wire.request(fields[::-1]))


def test_request_byte_by_byte_is_accepted(server, fields):
    check_works(server, wire.request(fields), chop=1)


def test_frames_behind_the_request_are_not_lost(server, fields):
    """A client may not know better, and a proxy may join what it sends."""
    for chop in (None, 1, 50):
        with wire.Wire(server.host, server.port) as ws:
            ws.send(wire.request(fields) + frame(TEXT, b"early") + frame(PING, b"bird"), chop)
            wire.check_accepted(ws, ws.read_response(), KEY)
            ws.expect(Event("text", b"early"), Event("pong", b"bird"))
            ws.end()


def test_bad_frame_behind_the_request_is_answered_by_a_close_frame(server, fields):
    with wire.Wire(server.host, server.port) as ws:
        ws.send(wire.request(fields) + frame(TEXT, b"early", masked=False))
        wire.check_accepted(ws, ws.read_response(), KEY)
        ws.expect_close(1002)


def test_part_of_a_frame_behind_the_request_is_kept(server, fields):
    whole = frame(TEXT, b"early")
    for cut in range(1, len(whole)):
        with wire.Wire(server.host, server.port) as ws:
            ws.send(wire.request(fields) + whole[:cut])
            wire.check_accepted(ws, ws.read_response(), KEY)
            ws.send(whole[cut:])
            ws.expect(Event("text", b"early"))
            ws.end()


# Extensions

WITH_DEFLATE = {
    "alone": "permessage-deflate",
    "what browsers offer": "permessage-deflate; client_max_window_bits",
    "behind an unknown one": "x-unknown; a=1; b=\"c, d\", permessage-deflate",
    "before an unknown one": "permessage-deflate, x-unknown",
    "without blanks": "permessage-deflate;client_max_window_bits=15;server_no_context_takeover",
    "second offer": "permessage-deflate; server_max_window_bits=7, permessage-deflate; server_max_window_bits=12",
    "quoted value": "permessage-deflate; server_max_window_bits=\"12\"",
}


@pytest.mark.parametrize("offer", WITH_DEFLATE.values(), ids=WITH_DEFLATE)
def test_acceptable_offer_is_accepted(server, offer):
    with wire.connect(server, offer) as ws:
        assert ws.deflate is not None
        ws.send_text(b"Hello")
        ws.expect(Event("text", b"Hello"))
        ws.end()


def test_offers_over_two_lines_are_one_list(server, fields):
    offer = [("Sec-WebSocket-Extensions", "x-unknown"), ("Sec-WebSocket-Extensions", "permessage-deflate")]
    with wire.Wire(server.host, server.port) as ws:
        ws.send(wire.request(fields[:3] + offer[:1] + fields[3:] + offer[1:]))
        wire.check_accepted(ws, ws.read_response(), KEY, "permessage-deflate")
        assert ws.deflate is not None
        ws.end()


@pytest.mark.parametrize("bits", range(9, 16))
def test_server_window_is_what_was_asked(server, bits):
    """A text that repeats itself over a long distance: with too large a window the client could not read it."""
    with wire.connect(server, f"permessage-deflate; server_max_window_bits={bits}") as ws:
        assert ws.deflate.parameters["server_max_window_bits"] == bits
        payload = b"".join(struct.pack("!I", i * 2654435761 % 2**32) for i in range(2000)).hex().encode() * 4
        ws.send_text(payload)
        ws.expect(Event("text", payload))
        ws.end()


@pytest.mark.parametrize("offer", ["permessage-deflate", "permessage-deflate; server_no_context_takeover"])
def test_no_context_takeover_is_confirmed(server, offer):
    """Both are always named: that is what lets an idle connection be small and a message be compressed once for all."""
    with wire.connect(server, offer) as ws:
        assert "server_no_context_takeover" in ws.deflate.parameters
        assert "client_no_context_takeover" in ws.deflate.parameters
        ws.end()


BAD_OFFERS = [
    "x-unknown",
    "permessage-deflate; x-unknown",
    "permessage-deflate; server_max_window_bits",
    "permessage-deflate; server_max_window_bits=",
    "permessage-deflate; server_max_window_bits=7",
    "permessage-deflate; server_max_window_bits=8",
    "permessage-deflate; server_max_window_bits=16",
    "permessage-deflate; server_max_window_bits=010",
    "permessage-deflate; server_max_window_bits=1e1",
    "permessage-deflate; server_max_window_bits=-9",
    "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10",
    "permessage-deflate; client_max_window_bits=7",
    "permessage-deflate; client_max_window_bits=16",
    "permessage-deflate; client_max_window_bits=abc",
    "permessage-deflate; server_no_context_takeover=1",
    "permessage-deflate; client_no_context_takeover=true",
    "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
    "permessage-deflate;",
    "permessage-deflate; =",
    "permessage-deflate client_max_window_bits",
    "permessage-deflate; server_max_window_bits=\"12",
    ",,,",
    "\"permessage-deflate\"",
]


@pytest.mark.parametrize("offer", BAD_OFFERS)
def test_offer_that_cannot_be_accepted_is_declined(server, offer):
    """The WebSocket opens without the extension, and RSV1 then is an error."""
    with wire.connect(server, offer) as ws:
        assert ws.deflate is None
        ws.send_text(b"Hello")
        ws.expect(Event("text", b"Hello"))
        ws.send(frame(TEXT, b"\xf2\x48\xcd\xc9\xc9\x07\x00", rsv=wire.RSV1))
        ws.expect_close(1002)


def test_fragment_within_the_request_segment_continues_later(server, fields):
    with wire.Wire(server.host, server.port) as ws:
        ws.send(wire.request(fields) + frame(TEXT, b"one, ", fin=False))
        wire.check_accepted(ws, ws.read_response(), KEY)
        ws.send(frame(CONTINUATION, b"two"))
        ws.expect(Event("text", b"one, two"))
        ws.end()
