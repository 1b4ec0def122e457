"""What the conformance suite does not look at, and well-known servers let pass (RFC 6455, sections 5 and 7; RFC 7692)."""
import struct
import zlib

import pytest

import wire
from wire import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Event, close_frame, frame

HELLO = b"\xf2\x48\xcd\xc9\xc9\x07\x00"  # RFC 7692, section 7.2.3.1
OFFER = "permessage-deflate; client_max_window_bits"
MESSAGE_BYTES_MAX = 16 << 20  # of the echo endpoint


@pytest.fixture
def ws(server):
    with wire.connect(server) as one:
        yield one


@pytest.fixture
def deflated(server):
    """A WebSocket with permessage-deflate."""
    with wire.connect(server, OFFER) as one:
        assert one.deflate is not None
        yield one


def text(payload):
    return Event("text", payload)


# Frames


@pytest.mark.parametrize("opcode", [TEXT, BINARY, CLOSE, PING, PONG])
def test_frame_without_mask_fails(ws, opcode):
    ws.send(frame(opcode, masked=False))
    ws.expect_close(1002)


@pytest.mark.parametrize("length, length_bytes", [(0, 2), (125, 2), (0, 8), (125, 8), (126, 8), (65535, 8)])
def test_length_not_in_its_shortest_form_fails(ws, length, length_bytes):
    ws.send(wire.header(BINARY, length, length_bytes=length_bytes) + b"mask")
    ws.expect_close(1002)


def test_length_with_its_highest_bit_fails(ws):
    ws.send(wire.header(BINARY, 1 << 63, length_bytes=8) + b"mask")
    ws.expect_close(1002)


@pytest.mark.parametrize("length", [MESSAGE_BYTES_MAX + 1, (1 << 63) - 1])
def test_too_long_message_is_refused_from_its_header(ws, length):
    ws.send(wire.header(BINARY, length) + b"mask")
    ws.expect_close(1009)


def test_too_long_message_in_fragments_is_refused_from_a_header(ws):
    ws.send(frame(BINARY, b"a", fin=False) + wire.header(CONTINUATION, MESSAGE_BYTES_MAX) + b"mask")
    ws.expect_close(1009)


@pytest.mark.parametrize("opcode", [CLOSE, PING, PONG])
@pytest.mark.parametrize("length", [126, 65536])
def test_too_long_control_frame_is_refused_from_its_first_bytes(ws, opcode, length):
    ws.send(wire.header(opcode, length)[:2])
    ws.expect_close(1002)


def test_many_pings_in_one_segment_are_all_answered(ws):
    payloads = [b"%d" % i for i in range(200)]
    ws.send(b"".join(frame(PING, p) for p in payloads))
    ws.expect(*(Event("pong", p) for p in payloads))
    ws.end()


def test_echoes_before_an_error_are_delivered(ws):
    ws.send(b"".join(frame(TEXT, b"%d" % i) for i in range(100)) + frame(3))
    ws.expect(*(text(b"%d" % i) for i in range(100)))
    ws.expect_close(1002)


def test_utf8_fails_at_its_first_wrong_byte(ws):
    """The frame announces a megabyte that never comes."""
    ws.send(wire.header(TEXT, 1 << 20) + bytes(4) + b"good until here \xff")
    ws.expect_close(1007)


# Closing


@pytest.mark.parametrize("code", [1012, 1013, 1014])
def test_codes_registered_later_are_legal(ws, code):
    ws.send(close_frame(code))
    event = ws.receive()
    assert event.kind == "close" and event.code in (code, 1000, None)
    ws.expect_drop()


def test_code_of_a_failed_tls_handshake_is_illegal(ws):
    ws.send(close_frame(1015))
    ws.expect_close(1002)


def test_close_frame_of_one_byte_is_not_echoed(ws):
    ws.send(frame(CLOSE, b"\x03"))
    event = ws.expect_close(1002)
    assert event.code == 1002


@pytest.mark.parametrize("reason", [b"\xff", b"\xe2\x82", b"caf\xe9"])
def test_reason_that_is_not_utf8_fails(ws, reason):
    ws.send(close_frame(1000, reason))
    ws.expect_close(1007)


def test_frames_behind_a_close_frame_are_not_read(ws):
    ws.send(close_frame(1000) + frame(3) + frame(TEXT, b"\xff") + frame(PING))
    event = ws.receive()
    assert event.kind == "close" and event.code in (1000, None)
    ws.expect_drop()


# permessage-deflate


@pytest.mark.parametrize("opcode", [CLOSE, PING, PONG])
def test_rsv1_on_a_control_frame_fails(deflated, opcode):
    deflated.send(frame(opcode, rsv=wire.RSV1))
    deflated.expect_close(1002)


def test_rsv1_on_a_continuation_fails(deflated):
    deflated.send(frame(TEXT, HELLO[:3], fin=False, rsv=wire.RSV1) + frame(CONTINUATION, HELLO[3:], rsv=wire.RSV1))
    deflated.expect_close(1002)


@pytest.mark.parametrize("rsv", [wire.RSV2, wire.RSV3, wire.RSV1 | wire.RSV2])
def test_other_rsv_bits_still_fail(deflated, rsv):
    deflated.send(frame(TEXT, HELLO, rsv=rsv))
    deflated.expect_close(1002)


DAMAGED = {
    "reserved block type": b"\x07\x00\x00",
    "lengths of a stored block": b"\x00\x05\x00\x05\x00Hello\x00",
    "distance too far": b"\xf2\x00\x11\x00\x00",
    "cut off": HELLO[:3],
    "noise": b"\xff" * 50,
}


@pytest.mark.parametrize("payload", DAMAGED.values(), ids=DAMAGED)
def test_damaged_data_fails(deflated, payload):
    deflated.send(frame(TEXT, payload, rsv=wire.RSV1))
    deflated.expect_close(1007)


GOOD = {
    "the RFC's": (HELLO, b"Hello"),
    "stored block": (b"\x00\x05\x00\xfa\xffHello\x00", b"Hello"),
    "final block": (b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", b"Hello"),
    "two blocks": (b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", b"Hello"),
    "block behind a final one": (b"\xf3\x48\xcd\xc9\xc9\x07\x00" + HELLO, b"HelloHello"),
    "empty": (b"\x00", b""),
    "level 0": (wire.deflate(b"Hello" * 50_000, level=0), b"Hello" * 50_000),
}


@pytest.mark.parametrize("payload, content", GOOD.values(), ids=GOOD)
def test_every_form_of_block_is_read(deflated, payload, content):
    for chop in (None, 1 if len(payload) < 100 else 1000):
        deflated.send(frame(TEXT, payload, rsv=wire.RSV1), chop)
        deflated.expect(text(content))
    deflated.send(b"".join(wire.fragments(TEXT, payload, max(1, len(payload) // 3), wire.RSV1)))
    deflated.expect(text(content))
    deflated.end()


def test_plain_message_in_between_is_read(deflated):
    deflated.send(frame(TEXT, HELLO, rsv=wire.RSV1) + frame(TEXT, b"plain") + frame(TEXT, HELLO, rsv=wire.RSV1))
    deflated.expect(text(b"Hello"), text(b"plain"), text(b"Hello"))
    deflated.end()


def test_ping_between_compressed_fragments_is_answered(deflated):
    deflated.send(frame(TEXT, HELLO[:2], fin=False, rsv=wire.RSV1) + frame(PING, b"now"))
    deflated.expect(Event("pong", b"now"))
    deflated.send(frame(CONTINUATION, HELLO[2:]))
    deflated.expect(text(b"Hello"))
    deflated.end()


def test_context_of_the_message_before_is_not_there(deflated):
    """client_no_context_takeover was agreed, so a message that leans on the one before is damaged."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    payload = b"a sentence that is worth a reference"
    first, second = ((compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4] for _ in range(2))
    deflated.send(frame(TEXT, first, rsv=wire.RSV1))
    deflated.expect(text(payload))
    deflated.send(frame(TEXT, second, rsv=wire.RSV1))
    deflated.expect_close(1007)


@pytest.mark.parametrize("bits", range(9, 16))
def test_client_may_limit_its_own_window(server, bits):
    payload = b"".join(struct.pack("!I", i * 2654435761 % 2**32) for i in range(2000)).hex().encode() * 2
    with wire.connect(server, f"permessage-deflate; client_max_window_bits={bits}") as ws:
        assert ws.deflate is not None
        ws.send(frame(TEXT, wire.deflate(payload, window_bits=bits), rsv=wire.RSV1))
        ws.expect(text(payload))
        ws.end()


def test_message_of_the_largest_size_is_read_in_any_form(deflated):
    """Stored blocks are longer on the wire than what they hold."""
    payload = b"\x00" * MESSAGE_BYTES_MAX
    for level in (0, 1):
        deflated.send(frame(BINARY, wire.deflate(payload, level), rsv=wire.RSV1))
        assert deflated.receive() == Event("binary", payload)
    deflated.end()


def test_bomb_is_stopped_while_it_inflates(deflated):
    """16 KiB that would give 16 MiB and one byte, and the same in two fragments of which the last never comes."""
    bomb = wire.deflate(b"\x00" * (MESSAGE_BYTES_MAX + 1), 9)
    assert len(bomb) < 1 << 16
    deflated.send(frame(BINARY, bomb, fin=False, rsv=wire.RSV1))
    deflated.expect_close(1009)


def test_utf8_fails_through_inflate(deflated):
    """The wrong byte is known long before the message ends."""
    deflated.send(frame(TEXT, b"\x00\x02\x00\xfd\xffa\xff", fin=False, rsv=wire.RSV1))
    deflated.expect_close(1007)


@pytest.mark.parametrize("in_fragments", [False, True])
def test_a_message_that_never_ends_is_not_waited_for(start_server, in_fragments):
    """It holds memory: two ping intervals, and it is over, however much the peer pongs."""
    beginning = frame(TEXT, b"x" * 1000)[:500]
    if in_fragments:
        beginning = frame(TEXT, b"a", fin=False) + frame(CONTINUATION, b"b", fin=False)
    server = start_server("--ws-echo", "--ping-interval", "1")
    with wire.connect(server) as slow, wire.connect(server) as fine:
        slow.send(beginning)
        event = slow.receive()
        while event.kind == "ping":
            event = slow.receive()
        assert event == Event("close", b"", 1013)
        fine.send_text(b"still here")
        event = fine.receive()
        while event.kind == "ping":
            event = fine.receive()
        assert event == text(b"still here")
