"""The cases of the field's conformance suite for WebSocket servers, by the suite's own numbers.

Each case is judged twice, as the suite does: which events come, in which order; and how the connection ends, by whom, with
which code, and whether TCP is dropped. Only what the suite calls OK passes. We are stricter in one point: a connection that
is failed ends with a close frame that says why, not with a dropped connection or an empty one.
"""
import random
import struct

import pytest

import wire
from wire import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Event, close_frame, frame

PAUSE_SECONDS = 0.2  # where a case itself demands a pause; 1 s in the suite

COUNTS = {1: 16, 2: 11, 3: 7, 4: 10, 5: 20, 6: 145, 7: 37, 9: 54, 10: 1, 12: 90, 13: 126}

CASES = {}   # number: function of an open WebSocket
OFFERS = {}  # number: what its request offers, if anything


def case(number, run, offer=None):
    assert number not in CASES
    CASES[number] = run
    if offer is not None:
        OFFERS[number] = offer


def text(payload):
    return Event("text", payload)


def binary(payload):
    return Event("binary", payload)


def pong(payload=b""):
    return Event("pong", payload)


def plain(frames):
    return lambda ws: ws.send(b"".join(frames))


def sync(frames):
    return lambda ws: ws.send_each(frames)


def chopped(frames, count=1):
    return lambda ws: ws.send(b"".join(frames), chop=count)


def lives(send, *events):
    """What is sent brings these events, and then the connection ends as it should."""
    def run(ws):
        send(ws)
        ws.expect(*events)
        ws.end()
    return run


def fails(code, send, *events):
    """What is sent brings these events, and then the server fails the connection with the code, or one of them."""
    def run(ws):
        send(ws)
        ws.expect(*events)
        ws.expect_close(*(code if isinstance(code, tuple) else (code,)))
    return run


# 1 Framing

for number, length in enumerate((0, 125, 126, 127, 128, 65535, 65536, 65536), 1):
    for group, opcode, event, payload in ((1, TEXT, text, b"*" * length), (2, BINARY, binary, b"\xfe" * length)):
        sender = chopped([frame(opcode, payload)], 997) if number == 8 else plain([frame(opcode, payload)])
        case(f"1.{group}.{number}", lives(sender, event(payload)))

# 2 Pings and pongs

HELLO = b"Hello, world!"
LONGEST = b"\xfe" * 125
TEN = [b"ping number %d" % i for i in range(10)]
case("2.1", lives(plain([frame(PING)]), pong()))
case("2.2", lives(plain([frame(PING, HELLO)]), pong(HELLO)))
case("2.3", lives(plain([frame(PING, b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff")]), pong(b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff")))
case("2.4", lives(plain([frame(PING, LONGEST)]), pong(LONGEST)))
case("2.5", fails(1002, plain([frame(PING, LONGEST + b"\xfe")])))
case("2.6", lives(chopped([frame(PING, LONGEST)]), pong(LONGEST)))
case("2.7", lives(plain([frame(PONG)])))
case("2.8", lives(plain([frame(PONG, HELLO)])))
case("2.9", lives(plain([frame(PONG, HELLO), frame(PING, b"now")]), pong(b"now")))
case("2.10", lives(plain([frame(PING, p) for p in TEN]), *map(pong, TEN)))
case("2.11", lives(chopped([frame(PING, p) for p in TEN]), *map(pong, TEN)))

# 3 Reserved bits


def good_bad_ping(bad):
    return [frame(TEXT, HELLO), bad, frame(PING)]


case("3.1", fails(1002, plain([frame(TEXT, HELLO, rsv=1)])))
case("3.2", fails(1002, plain(good_bad_ping(frame(TEXT, HELLO, rsv=2))), text(HELLO)))
case("3.3", fails(1002, sync(good_bad_ping(frame(TEXT, HELLO, rsv=3))), text(HELLO)))
case("3.4", fails(1002, chopped(good_bad_ping(frame(TEXT, HELLO, rsv=4))), text(HELLO)))
case("3.5", fails(1002, plain([frame(BINARY, LONGEST, rsv=5)])))
case("3.6", fails(1002, plain([frame(BINARY, LONGEST, rsv=6)])))
case("3.7", fails(1002, plain([frame(CLOSE, rsv=7)])))

# 4 Reserved opcodes

for group, first in ((1, 3), (2, 11)):
    case(f"4.{group}.1", fails(1002, plain([frame(first)])))
    case(f"4.{group}.2", fails(1002, plain([frame(first + 1, HELLO)])))
    case(f"4.{group}.3", fails(1002, plain(good_bad_ping(frame(first + 2))), text(HELLO)))
    case(f"4.{group}.4", fails(1002, plain(good_bad_ping(frame(first + 3, HELLO))), text(HELLO)))
    case(f"4.{group}.5", fails(1002, chopped(good_bad_ping(frame(first + 4, HELLO))), text(HELLO)))

# 5 Fragmentation

TWO = [frame(TEXT, b"fragment1", fin=False), frame(CONTINUATION, b"fragment2")]
WITH_PING = [TWO[0], frame(PING, b"ping"), TWO[1]]
STRAY_END = [frame(CONTINUATION, b"stray"), frame(TEXT, HELLO)]
STRAY = [frame(CONTINUATION, b"stray", fin=False), frame(TEXT, HELLO)]

for number, opcode in ((1, PING), (2, PONG)):
    case(f"5.{number}", fails(1002, plain([frame(opcode, b"a", fin=False), frame(CONTINUATION, b"b")])))
for number, way in ((0, plain), (1, sync), (2, chopped)):
    case(f"5.{3 + number}", lives(way(TWO), text(b"fragment1fragment2")))
    case(f"5.{6 + number}", lives(way(WITH_PING), pong(b"ping"), text(b"fragment1fragment2")))
    case(f"5.{9 + number}", fails(1002, way(STRAY_END)))
    case(f"5.{12 + number}", fails(1002, way(STRAY)))
case("5.15", fails(1002, plain(TWO + STRAY), text(b"fragment1fragment2")))
case("5.16", fails(1002, plain([STRAY[0]] + TWO + [STRAY[0]] + TWO)))
case("5.17", fails(1002, plain([STRAY_END[0]] + TWO + [STRAY_END[0]] + TWO)))
case("5.18", fails(1002, plain([frame(TEXT, b"a", fin=False), frame(TEXT, b"b")])))


def pings_in_an_open_message(way):
    def run(ws):
        way([frame(TEXT, b"1", fin=False), frame(CONTINUATION, b"2", fin=False), frame(PING, b"A")])(ws)
        ws.expect(pong(b"A"))
        ws.expect_silence(PAUSE_SECONDS)
        way([frame(CONTINUATION, b"3", fin=False), frame(CONTINUATION, b"4", fin=False), frame(PING, b"B"),
             frame(CONTINUATION, b"5")])(ws)
        ws.expect(pong(b"B"), text(b"12345"))
        ws.end()
    return run


case("5.19", pings_in_an_open_message(plain))
case("5.20", pings_in_an_open_message(sync))

# 6 UTF-8

GREEK = bytes.fromhex("cebae1bdb9cf83cebcceb5")
LATIN = "Hällo, wörld: ßüß à côté".encode()
EDITED = b"edited"


def in_pieces(*payloads):
    """One text message, a fragment for each payload."""
    return [frame(TEXT if i == 0 else CONTINUATION, p, fin=i == len(payloads) - 1) for i, p in enumerate(payloads)]


def in_bytes(payload):
    return in_pieces(*(bytes([b]) for b in payload))


case("6.1.1", lives(plain([frame(TEXT)]), text(b"")))
case("6.1.2", lives(plain(in_pieces(b"", b"", b"")), text(b"")))
case("6.1.3", lives(plain(in_pieces(b"", b"some text", b"")), text(b"some text")))
case("6.2.1", lives(plain([frame(TEXT, LATIN)]), text(LATIN)))
case("6.2.2", lives(plain(in_pieces(LATIN[:12], LATIN[12:])), text(LATIN)))
case("6.2.3", lives(plain(in_bytes(LATIN)), text(LATIN)))
case("6.2.4", lives(plain(in_bytes(GREEK)), text(GREEK)))
SURROGATE = GREEK + b"\xed\xa0\x80" + EDITED
case("6.3.1", fails(1007, plain([frame(TEXT, SURROGATE)])))
case("6.3.2", fails(1007, plain(in_bytes(SURROGATE))))


def fails_after_second(first, second):
    """The first piece leaves the connection alive; the second fails it, without the rest being sent."""
    def run(ws):
        ws.send(first)
        ws.expect_silence(PAUSE_SECONDS)
        ws.send(second)
        ws.expect_close(1007)
    return run


def cut_within_frame(first, second, third):
    whole = frame(TEXT, first + second + third)
    head = len(whole) - len(first + second + third)
    return whole[:head + len(first)], whole[head + len(first):head + len(first + second)]


POISON = b"\xf4\x90\x80\x80"
case("6.4.1", fails_after_second(*in_pieces(GREEK, POISON, EDITED)[:2]))
case("6.4.2", fails_after_second(*in_pieces(GREEK + POISON[:1], POISON[1:2], POISON[2:] + EDITED)[:2]))
case("6.4.3", fails_after_second(*cut_within_frame(GREEK, POISON, EDITED)))
case("6.4.4", fails_after_second(*cut_within_frame(GREEK + POISON[:1], POISON[1:2], POISON[2:] + EDITED)))


def lone_leads(first, last):
    return b"".join(bytes([b]) + b" " for b in range(first, last + 1))


def last_of_planes():
    for plane in range(17):
        for low in (0xfffe, 0xffff):
            yield chr(plane << 16 | low).encode()


MISSING_LAST = ["c0", "e080", "f08080", "f8808080", "fc80808080", "df", "efbf", "f7bfbf", "fbbfbfbf", "fdbfbfbfbf"]
HIGH = ["eda080", "edadbf", "edae80", "edafbf"]
LOW = ["edb080", "edbfbf"]

# Group: payloads in the order of the cases, each with whether it is valid.
UTF8 = {
    5: [(b"hello" + bytes.fromhex(h) + b"world", True) for h in ("24", "c2a2", "e282ac", "f0a4ada2")] + [(GREEK, True)],
    6: [(GREEK[:n], n in (2, 5, 7, 9, 11)) for n in range(1, 12)],
    7: [(h, True) for h in ("00", "c280", "e0a080", "f0908080")],
    8: [(h, False) for h in ("f888808080", "fc8480808080")],
    9: [(h, True) for h in ("7f", "dfbf", "efbfbf", "f48fbfbf")],
    10: [(h, False) for h in ("f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf")],
    11: [(h, True) for h in ("ed9fbf", "ee8080", "efbfbd", "f48fbfbf")] + [("f4908080", False)],
    12: [("80", False), ("bf", False)] + [((b"\x80\xbf" * 3)[:n], False) for n in range(2, 7)]
        + [(bytes(range(0x80, 0xbf)), False)],
    13: [(lone_leads(*ends), False)
         for ends in ((0xc0, 0xde), (0xe0, 0xee), (0xf0, 0xf6), (0xf8, 0xfa), (0xfc, 0xfc))],
    14: [(h, False) for h in MISSING_LAST],
    15: [("".join(MISSING_LAST), False)],
    16: [(h, False) for h in ("fe", "ff", "fefeffff")],
    17: [(h, False) for h in ("c0af", "e080af", "f08080af", "f8808080af", "fc80808080af")],
    18: [(h, False) for h in ("c1bf", "e09fbf", "f08fbfbf", "f887bfbfbf", "fc83bfbfbfbf")],
    19: [(h, False) for h in ("c080", "e08080", "f0808080", "f880808080", "fc8080808080")],
    20: [(h, False) for h in HIGH + ["edb080", "edbe80", "edbfbf"]],
    21: [(high + low, False) for high in HIGH for low in LOW],
    22: [(payload, True) for payload in last_of_planes()],
    23: [(f"efbf{last:02x}", True) for last in range(0xb9, 0xc0)],
}
for group, payloads in UTF8.items():
    for number, (payload, is_valid) in enumerate(payloads, 1):
        if isinstance(payload, str):
            payload = bytes.fromhex(payload)
        sender = plain([frame(TEXT, payload)])
        case(f"6.{group}.{number}", lives(sender, text(payload)) if is_valid else fails(1007, sender))

# 7 Closing


def closes(send, codes, *events):
    """What is sent ends with a close frame of ours; these events come, then one close frame, then TCP is dropped."""
    def run(ws):
        send(ws)
        ws.expect(*events)
        event = ws.receive()
        assert event.kind == "close" and event.code in codes, wire.shown(event)
        ws.expect_drop()
    return run


NORMAL = (1000, None)
BIG = b"BAsd7&jh23" * 26214
case("7.1.1", lives(plain([frame(TEXT, HELLO)]), text(HELLO)))
case("7.1.2", closes(plain([close_frame(1000), close_frame()]), NORMAL))
case("7.1.3", closes(plain([close_frame(1000), frame(PING)]), NORMAL))
case("7.1.4", closes(plain([close_frame(1000), frame(TEXT, HELLO)]), NORMAL))
case("7.1.5", closes(plain([TWO[0], close_frame(1000), TWO[1]]), NORMAL))
# The suite only takes note here. What was received before the close frame is answered before it.
case("7.1.6", closes(plain([frame(TEXT, BIG), frame(TEXT, HELLO), close_frame(1000), frame(PING)]), NORMAL,
                     text(BIG), text(HELLO)))
case("7.3.1", closes(plain([close_frame()]), NORMAL))
case("7.3.2", fails(1002, plain([frame(CLOSE, b"a")])))
case("7.3.3", closes(plain([close_frame(1000)]), NORMAL))
case("7.3.4", closes(plain([close_frame(1000, b"Hello World!")]), NORMAL))
case("7.3.5", closes(plain([close_frame(1000, b"*" * 123)]), NORMAL))
case("7.3.6", fails(1002, plain([close_frame(1000, b"*" * 124)])))
case("7.5.1", fails((1002, 1007), plain([close_frame(1000, SURROGATE)])))
LEGAL = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
for number, code in enumerate(LEGAL, 1):
    case(f"7.7.{number}", closes(plain([close_frame(code)]), (code, 1000, None)))
for number, code in enumerate((0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999), 1):
    case(f"7.9.{number}", fails(1002, plain([close_frame(code)])))
# The suite only takes note here; to us they are as illegal as the others.
for number, code in enumerate((5000, 65535), 1):
    case(f"7.13.{number}", fails(1002, plain([close_frame(code)])))

# 9 Limits and performance

KIB, MIB = 1 << 10, 1 << 20
TYPES = ((TEXT, text, b"*"), (BINARY, binary, b"\xfe"))


def uniform_fragments(opcode, byte, length, size):
    """wire.fragments() for a payload of one byte repeated: all frames in the middle are the same bytes."""
    full = frame(CONTINUATION, byte * size, fin=False)
    return frame(opcode, byte * size, fin=False) + full * (length // size - 1) + frame(CONTINUATION, b"")


def big_message(make, event, length):
    """Made when the case runs: together they would not fit into the memory of a small machine."""
    def run(ws):
        make(ws)
        received = ws.receive()
        assert received == event(length), wire.shown(received)
        ws.end()
    return run


def in_one_frame(opcode, byte, length, chop=None):
    return lambda ws: ws.send(frame(opcode, byte * length), chop=chop)


def in_fragments(opcode, byte, length, size):
    return lambda ws: ws.send(uniform_fragments(opcode, byte, length, size))


def one_by_one(opcode, event, payload):
    def run(ws):
        for _ in range(1000):
            ws.send(frame(opcode, payload))
            ws.expect(event(payload))
        ws.end()
    return run


for kind, (opcode, event, byte) in enumerate(TYPES):
    def of_length(length, event=event, byte=byte):
        return event(byte * length)

    for number, length in enumerate((64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB), 1):
        case(f"9.{1 + kind}.{number}", big_message(in_one_frame(opcode, byte, length), of_length, length))
    for number, size in enumerate((64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB), 1):
        case(f"9.{3 + kind}.{number}", big_message(in_fragments(opcode, byte, 4 * MIB, size), of_length, 4 * MIB))
    for number, chop in enumerate((64, 128, 256, 512, 1024, 2048), 1):
        case(f"9.{5 + kind}.{number}", big_message(in_one_frame(opcode, byte, MIB, chop), of_length, MIB))
    for number, length in enumerate((0, 16, 64, 256, 1024, 4096), 1):
        case(f"9.{7 + kind}.{number}", one_by_one(opcode, event, byte * length))

# 10 Automatic fragmentation

case("10.1.1", lives(plain(wire.fragments(TEXT, b"*" * 65536, 1300)), text(b"*" * 65536)))

# 12 and 13 permessage-deflate

# (message size, fragment size; 0: one frame) of the eighteen variants.
VARIANTS = [(16, 0), (64, 0), (256, 0), (1024, 0), (4096, 0), (8192, 0), (16384, 0), (32768, 0), (65536, 0),
            (131072, 0), (8192, 256), (16384, 256), (32768, 256), (65536, 256), (131072, 256), (131072, 1024),
            (131072, 4096), (131072, 32768)]


def message_count(size):
    """The suite sends 1000 messages in each case. The large ones cost seconds of compressing on both sides and show
    nothing new after the first ones; so that all cases run within a minute, they are fewer the larger they are."""
    return 300 if size <= 1024 else 60 if size <= 16384 else 20


def json_file(chance):
    items = []
    while sum(map(len, items)) < 190_000:
        items.append('{"id": %d, "name": "%s %s", "price": %.2f, "tags": ["α", "β-%d"], "ok": %s}' % (
            chance.randrange(10**6), chance.choice(("Müller", "Straße", "naïve", "plain")), chance.choice("abcdefgh") * 6,
            chance.random() * 1000, chance.randrange(50), chance.choice(("true", "false", "null"))))
    return "[" + ",\n ".join(items) + "]"


def bitmap_file(chance):
    """A grey-scale picture of soft shapes with some noise."""
    rows = []
    for y in range(512):
        rows.append(bytes((x * x // 700 + y * 3 // 4 + chance.randrange(3)) & 0xff for x in range(512)))
    return b"BM" + struct.pack("<IIIIii", 512 * 512 + 26, 0, 26, 12, 512, 512) + b"".join(rows)


def german_file(chance):
    words = ("und der die das nicht für über möchte Übung Größe Straße fährt schön später während grüßen Mädchen "
             "Häuser König, sagte; ging. Als er").split()
    return " ".join(chance.choice(words) for _ in range(37_000)).encode()


def html_file(chance):
    rows = ['<tr class="%s"><td>%d</td><td><a href="/p/%d/">Eintrag &uuml;ber „%s“</a></td></tr>\n' % (
        chance.choice(("odd", "even")), i, chance.randrange(10**5), chance.choice(("Öl", "Käse", "Brot"))) for i in range(3000)]
    return "<!doctype html><html><body><table>\n" + "".join(rows) + "</table></body></html>\n"


def pdf_file(chance):
    """What a document of pictures is to a compressor: noise between short texts."""
    streams = [b"%d 0 obj\n<< /Length 4096 >>\nstream\n" % i + chance.randbytes(4096) + b"\nendstream\nendobj\n"
               for i in range(240)]
    return b"%PDF-1.4\n" + b"".join(streams) + b"%%EOF\n"


FILES = {1: json_file, 2: bitmap_file, 3: german_file, 4: html_file, 5: pdf_file}
_made = {}


def test_file(number):
    """Made once, and always the same. Text where the suite sends text."""
    if number not in _made:
        _made[number] = FILES[number](random.Random(number))
    return _made[number]


test_file.__test__ = False


def offer_of(no_context, bits):
    return ("permessage-deflate; client_no_context_takeover; client_max_window_bits"
            + ("; server_no_context_takeover" if no_context else "")
            + (f"; server_max_window_bits={bits}" if bits else ""))


def deflated_messages(file_number, size, fragment_size, no_context=False, bits=None):
    """Messages out of a window that slides over the file, each sent after the echo of the one before."""
    def run(ws):
        assert ws.deflate is not None, "permessage-deflate was declined"
        if no_context:
            assert "server_no_context_takeover" in ws.deflate.parameters
        if bits:
            assert ws.deflate.parameters.get("server_max_window_bits", 15) <= bits
        content = test_file(file_number)
        opcode, event = (TEXT, text) if isinstance(content, str) else (BINARY, binary)
        at = 0
        for _ in range(message_count(size)):
            payload = (content[at:at + size] + content[:max(0, at + size - len(content))])
            if opcode == TEXT:
                payload = payload.encode()
            ws.send_message(opcode, payload, fragment_size)
            received = ws.receive()
            assert received == event(payload), wire.shown(received)
            at = (at + size) % len(content)
        ws.end()
    return run


for file_number in FILES:
    for number, (size, fragment_size) in enumerate(VARIANTS, 1):
        case(f"12.{file_number}.{number}", deflated_messages(file_number, size, fragment_size), offer_of(False, None))

# Of the three offers in one field the first one has to be taken: all of them can be accepted.
for group, asked in enumerate(([(False, None)], [(True, None)], [(False, 9)], [(False, 15)], [(True, 9)], [(True, 15)],
                               [(True, 9), (True, None), (False, None)]), 1):
    for number, (size, fragment_size) in enumerate(VARIANTS, 1):
        case(f"13.{group}.{number}", deflated_messages(1, size, fragment_size, *asked[0]),
             ", ".join(offer_of(*one) for one in asked))


def test_no_case_is_missing():
    """The suite has 517 cases, and so have we."""
    counts = {}
    for number in CASES:
        group = int(number.split(".")[0])
        counts[group] = counts.get(group, 0) + 1
    assert counts == COUNTS
    assert len(CASES) == 517


@pytest.mark.parametrize("number", CASES)
def test_case(server, number):
    with wire.connect(server, OFFERS.get(number)) as ws:
        CASES[number](ws)
