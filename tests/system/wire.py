"""A WebSocket client that is strict about what it reads and free in what it sends.

It works on a blocking socket with no library of anybody's, so that a test can send any bytes, chopped in any way, and see
every fault of the server's as a Violation: masked frames, RSV bits, lengths not in their shortest form, bad UTF-8, codes
that may not be on the wire, frames behind a close frame (RFC 6455, sections 5 to 8; RFC 7692).
"""
import base64
import hashlib
import os
import socket
import struct
import zlib
from collections import namedtuple

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
RSV1, RSV2, RSV3 = 4, 2, 1

# How long to wait for something that has to come. The suite gives a server 1 s; a busy test machine gets more.
PATIENCE_SECONDS = 15

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TAIL = b"\x00\x00\xff\xff"

Event = namedtuple("Event", "kind payload code", defaults=(b"", None))
"""What a server sent: kind is "text", "binary", "ping", "pong", "close" (payload: the reason) or "dropped"."""

DROPPED = Event("dropped")


class Violation(AssertionError):
    """The server broke the protocol."""


def require(condition, what):
    if not condition:
        raise Violation(what)


# Sending


def mask(payload, key):
    """XOR with the repeated key, as one large number: Python's fastest way."""
    if not payload:
        return b""
    repeated = (key * (len(payload) // 4 + 1))[:len(payload)]
    number = int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")
    return number.to_bytes(len(payload), "big")


def header(opcode, length, fin=True, rsv=0, masked=True, length_bytes=None):
    """A frame header without its masking key. length_bytes: 0, 2 or 8 to force a form of length."""
    if length_bytes is None:
        length_bytes = 0 if length < 126 else 2 if length < 65536 else 8
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    second = 0x80 if masked else 0
    if length_bytes == 0:
        return bytes([first, second | length])
    if length_bytes == 2:
        return struct.pack("!BBH", first, second | 126, length)
    return struct.pack("!BBQ", first, second | 127, length)


def frame(opcode, payload=b"", fin=True, rsv=0, masked=True, length_bytes=None):
    """One frame of a client."""
    head = header(opcode, len(payload), fin, rsv, masked, length_bytes)
    if not masked:
        return head + payload
    key = os.urandom(4)
    return head + key + mask(payload, key)


def close_frame(code=None, reason=b""):
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason)


def fragments(opcode, payload, size, rsv=0):
    """The frames of one message, size bytes in each, as the suite cuts them: a message whose length is a multiple of
    the size ends with an empty frame."""
    frames = []
    for at in range(0, len(payload) + 1, size):
        first = at == 0
        frames.append(frame(opcode if first else CONTINUATION, payload[at:at + size],
                            fin=at + size > len(payload), rsv=rsv if first else 0))
    return frames


def deflate(payload, level=6, window_bits=15):
    """One message, compressed without the context of others."""
    compressor = zlib.compressobj(level, zlib.DEFLATED, -window_bits)
    deflated = compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH)
    return deflated[:-len(TAIL)]


# The opening handshake


def new_key():
    return base64.b64encode(os.urandom(16)).decode()


def usual_fields(host, port, key=None):
    """The request's fields, as (name, value) in an order that tests may change."""
    return [
        ("User-Agent", "confab-wire"),
        ("Host", f"{host}:{port}"),
        ("Upgrade", "WebSocket"),
        ("Connection", "Upgrade"),
        ("Pragma", "no-cache"),
        ("Cache-Control", "no-cache"),
        ("Sec-WebSocket-Key", key or new_key()),
        ("Sec-WebSocket-Version", "13"),
    ]


def request(fields, method="GET", target="/ws/echo/", version="HTTP/1.1"):
    lines = [f"{method} {target} {version}"] + [f"{name}: {value}" for name, value in fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class Response:
    """A response's head."""

    def __init__(self, head):
        lines = head.decode("latin-1").split("\r\n")
        parts = lines[0].split(" ", 2)
        require(len(parts) >= 2 and parts[0].startswith("HTTP/1."), f"status line {lines[0]!r}")
        self.status = int(parts[1])
        self.fields = []
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            require(colon and name and name == name.strip(), f"field line {line!r}")
            self.fields.append((name.lower(), value.strip()))

    def all(self, name):
        return [value for other, value in self.fields if other == name.lower()]

    def one(self, name):
        """The value of a field that may come once. None: it did not."""
        values = self.all(name)
        require(len(values) <= 1, f"{name} came {len(values)} times")
        return values[0] if values else None


class Deflate:
    """permessage-deflate as a response agreed to it."""

    PARAMETERS = ("server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits",
                  "client_max_window_bits")

    def __init__(self, value, offer):
        name, *texts = [part.strip() for part in value.split(";")]
        require(name == "permessage-deflate", f"extension {value!r} was not offered")
        self.parameters = {}
        for text in texts:
            parameter, equals, bits = text.partition("=")
            require(parameter in self.PARAMETERS, f"unknown parameter in {value!r}")
            require(parameter not in self.parameters, f"repeated parameter in {value!r}")
            require(bool(equals) == parameter.endswith("_bits"), f"bad value in {value!r}")
            # The suite refuses a window of 8 as well, legal as it is.
            require(not equals or bits in ("9", "10", "11", "12", "13", "14", "15"), f"window bits in {value!r}")
            self.parameters[parameter] = int(bits) if equals else True
        require("client_max_window_bits" not in self.parameters or "client_max_window_bits" in offer,
                "the server limited a window that was not offered")
        self.server_bits = self.parameters.get("server_max_window_bits", 15)
        self.client_bits = self.parameters.get("client_max_window_bits", 15)
        self._inflater = None
        self._compressor = None

    def inflate(self, payload):
        """One message of the server's, read with just the window that was agreed."""
        if self._inflater is None or "server_no_context_takeover" in self.parameters:
            self._inflater = zlib.decompressobj(-self.server_bits)
        try:
            return self._inflater.decompress(payload + TAIL)
        except zlib.error as error:
            raise Violation(f"cannot inflate: {error}") from None

    def deflate(self, payload):
        if self._compressor is None or "client_no_context_takeover" in self.parameters:
            self._compressor = zlib.compressobj(6, zlib.DEFLATED, -self.client_bits)
        deflated = self._compressor.compress(payload) + self._compressor.flush(zlib.Z_SYNC_FLUSH)
        return deflated[:-len(TAIL)]


class Wire:
    """One TCP connection."""

    def __init__(self, host, port):
        self.socket = socket.create_connection((host, port), timeout=PATIENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.host = host
        self.port = port
        self.deflate = None
        self.close_received = False
        self._received = bytearray()
        self._message = None  # (opcode, is deflated, pieces) of a message in fragments

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    # Bytes

    def send(self, data, chop=None):
        """Send the bytes, chop at a time if given. That the server has gone already is no error here: what it said
        before is what a test asks for."""
        try:
            for at in range(0, len(data), chop or len(data) or 1):
                self.socket.sendall(data[at:at + chop] if chop else data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def send_each(self, frames):
        """Each frame in a TCP segment of its own ("sync")."""
        for one in frames:
            self.send(one)

    def _receive_more(self):
        try:
            piece = self.socket.recv(1 << 18)
        except ConnectionResetError:
            piece = b""
        except socket.timeout:
            raise Violation("nothing came, and the connection is open") from None
        self._received += piece
        return bool(piece)

    def _take(self, count):
        taken = bytes(self._received[:count])
        del self._received[:count]
        return taken

    def read_response(self):
        """The head of the response, or None if the connection was dropped without one."""
        while b"\r\n\r\n" not in self._received:
            if not self._receive_more():
                return None
        head = self._take(self._received.index(b"\r\n\r\n"))
        self._take(4)
        return Response(head)

    # Frames

    def _need(self, count):
        while len(self._received) < count:
            if not self._receive_more():
                return False
        return True

    def read_frame(self):
        """(fin, rsv, opcode, payload), or None if the connection was dropped."""
        if not self._need(2):
            require(not self._received, "dropped within a frame")
            return None
        first, second = self._received[:2]
        require(second & 0x80 == 0, "masked frame")
        length = second & 0x7f
        length_bytes = {126: 2, 127: 8}.get(length, 0)
        require(self._need(2 + length_bytes), "dropped within a frame")
        if length_bytes:
            length = int.from_bytes(self._received[2:2 + length_bytes], "big")
            require(length > (125 if length_bytes == 2 else 65535), "length not in its shortest form")
            require(length < 1 << 63, "length with its highest bit set")
        require(self._need(2 + length_bytes + length), "dropped within a frame")
        self._take(2 + length_bytes)
        return bool(first & 0x80), first >> 4 & 7, first & 0x0f, self._take(length)

    def receive(self):
        """The next event. DROPPED when the server has ended the TCP connection."""
        while True:
            parts = self.read_frame()
            if parts is None:
                return DROPPED
            require(not self.close_received, "a frame behind the close frame")
            event = self._event_of(*parts)
            if event is not None:
                return event

    def _event_of(self, fin, rsv, opcode, payload):
        require(opcode in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG), f"reserved opcode {opcode}")
        if opcode >= CLOSE:
            require(fin and len(payload) <= 125 and rsv == 0, "bad control frame")
            return self._control_event(opcode, payload)
        may_have_rsv1 = self.deflate is not None and opcode != CONTINUATION
        require(rsv == 0 or (rsv == RSV1 and may_have_rsv1), f"RSV bits {rsv}")
        require((opcode == CONTINUATION) == (self._message is not None), "fragments out of order")
        if opcode != CONTINUATION:
            self._message = (opcode, rsv == RSV1, [])
        opcode, is_deflated, pieces = self._message
        pieces.append(payload)
        if not fin:
            return None
        self._message = None
        content = b"".join(pieces)
        if is_deflated:
            content = self.deflate.inflate(content)
        if opcode == TEXT:
            self._require_utf8(content)
        return Event("text" if opcode == TEXT else "binary", content)

    def _control_event(self, opcode, payload):
        if opcode != CLOSE:
            return Event("ping" if opcode == PING else "pong", payload)
        self.close_received = True
        if not payload:
            return Event("close", b"", None)
        require(len(payload) >= 2, "close frame of one byte")
        code = int.from_bytes(payload[:2], "big")
        require(1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999, f"close code {code}")
        self._require_utf8(payload[2:])
        return Event("close", payload[2:], code)

    @staticmethod
    def _require_utf8(content):
        try:
            content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Violation(f"text is not UTF-8: {error}") from None

    # What tests expect

    def send_text(self, payload):
        self.send_message(TEXT, payload)

    def send_message(self, opcode, payload, fragment_size=0):
        """One message in one frame or in fragments; compressed if that was agreed."""
        rsv = 0
        if self.deflate is not None:
            payload = self.deflate.deflate(payload)
            rsv = RSV1
        if fragment_size:
            self.send(b"".join(fragments(opcode, payload, fragment_size, rsv)))
        else:
            self.send(frame(opcode, payload, rsv=rsv))

    def expect(self, *events):
        """Exactly these events come next, in this order."""
        for expected in events:
            event = self.receive()
            if event != expected:
                raise Violation(f"{shown(event)} instead of {shown(expected)}")

    def expect_silence(self, seconds):
        """Nothing comes and the connection stays open meanwhile."""
        require(not self._received, "something has come already")
        self.socket.settimeout(seconds)
        try:
            piece = self.socket.recv(1)
        except socket.timeout:
            return
        finally:
            self.socket.settimeout(PATIENCE_SECONDS)
        raise Violation("something came" if piece else "the connection was dropped")

    def expect_close(self, *codes):
        """A close frame with one of the codes (None: an empty one), and nothing before it. Answers it if it is the
        server's, and waits for the server to end the TCP connection, which is the server's part."""
        event = self.receive()
        require(event.kind == "close", f"{shown(event)} instead of a close frame")
        require(event.code in codes, f"close code {event.code} instead of {codes}")
        self.send(close_frame(event.code))
        self.expect_drop()
        return event

    def expect_drop(self):
        event = self.receive()
        require(event == DROPPED, f"{shown(event)} behind the close frame")

    def end(self):
        """The normal end: our close frame, the server's, and TCP dropped by the server."""
        self.send(close_frame(1000))
        event = self.receive()
        require(event.kind == "close", f"{shown(event)} instead of a close frame")
        require(event.code in (1000, None), f"close code {event.code}")
        self.expect_drop()


def shown(event):
    payload = event.payload if len(event.payload) <= 60 else event.payload[:60] + b"..."
    return f"{event.kind} {payload!r} ({len(event.payload)} bytes) code {event.code}"


def open_handshake(server, fields=None, offer=None, target="/ws/echo/"):
    """Connect and send the request. Returns the wire, before its response is read."""
    one = Wire(server.host, server.port)
    fields = list(fields or usual_fields(server.host, server.port))
    if offer is not None:
        fields.append(("Sec-WebSocket-Extensions", offer))
    one.send(request(fields, target=target))
    return one


def check_accepted(one, response, key, offer=None):
    """The response opens the WebSocket in the way it has to (RFC 6455, section 4.1)."""
    require(response is not None, "dropped without a response")
    require(response.status == 101, f"status {response.status}")
    require((response.one("Upgrade") or "").lower() == "websocket", "Upgrade")
    require((response.one("Connection") or "").lower() == "upgrade", "Connection")
    accept = base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()
    require(response.one("Sec-WebSocket-Accept") == accept, "Sec-WebSocket-Accept")
    require(response.one("Sec-WebSocket-Protocol") is None, "a subprotocol that was not offered")
    extensions = response.one("Sec-WebSocket-Extensions")
    if extensions is not None:
        require(offer is not None, f"extension {extensions!r} was not offered")
        one.deflate = Deflate(extensions, offer)


def connect(server, offer=None, target="/ws/echo/"):
    """An open WebSocket."""
    key = new_key()
    one = open_handshake(server, usual_fields(server.host, server.port, key), offer, target)
    try:
        check_accepted(one, one.read_response(), key, offer)
    except BaseException:
        one.socket.close()
        raise
    return one
