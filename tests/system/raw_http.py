"""HTTP/1.1 as bytes on a socket, for what polite clients never send: requests cut anywhere, pipelined, or broken."""
import dataclasses
import json
import socket

# Guards against hanging; no test measures time.
ANSWER_DEADLINE_S = 60


@dataclasses.dataclass
class Answer:
    """A response; names of fields in lower case, repeated fields joined as a list."""

    status: int
    version: str
    fields: list
    content: bytes

    def field(self, name):
        """The value of a field; None if it is absent. A test that sees two of a kind fails."""
        values = [value for key, value in self.fields if key == name.lower()]
        assert len(values) <= 1, (name, values)
        return values[0] if values else None

    @property
    def json(self):
        assert self.field("content-type") == "application/json", self
        return json.loads(self.content)


class Closed(Exception):
    """The server closed the connection where an answer, or the rest of one, should have been."""


class RawConnection:
    """A TCP connection to the server."""

    def __init__(self, server, receive_buffer_bytes=None):
        self._socket = socket.socket()
        if receive_buffer_bytes:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        self._socket.settimeout(ANSWER_DEADLINE_S)
        self._socket.connect((server.host, server.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def send(self, data):
        self._socket.sendall(data)

    def send_bytewise(self, data):
        """One byte to a segment: a parser that needs a whole line in one read is found out."""
        for index in range(len(data)):
            self._socket.sendall(data[index:index + 1])

    def send_quietly(self, data):
        """Send to a server that may close meanwhile."""
        try:
            self._socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def shutdown_write(self):
        self._socket.shutdown(socket.SHUT_WR)

    def _more(self):
        try:
            piece = self._socket.recv(65536)
        except ConnectionResetError:
            piece = b""
        if not piece:
            raise Closed(self._buffer)
        self._buffer += piece

    def _line(self):
        while b"\r\n" not in self._buffer:
            self._more()
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line.decode("latin-1")

    def _exactly(self, count):
        while len(self._buffer) < count:
            self._more()
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        return data

    def read_some(self):
        """Whatever comes next; empty at the end."""
        if self._buffer:
            data, self._buffer = self._buffer, b""
            return data
        try:
            return self._socket.recv(65536)
        except ConnectionResetError:
            return b""

    def read_to_end(self):
        """Everything until the server closes."""
        data = b""
        while True:
            piece = self.read_some()
            if not piece:
                return data
            data += piece

    def is_closed(self):
        """Wait for the server to close; it must send nothing before that."""
        rest = self.read_to_end()
        assert rest == b"", rest
        return True

    def answer(self, method="GET"):
        """The next final response to a request with this method."""
        while True:
            answer = self.any_answer(method)
            if answer.status >= 200 or answer.status == 101:
                return answer

    def any_answer(self, method="GET"):
        """The next response, an interim one (100) too."""
        version, status, _ = (self._line() + " ").split(" ", 2)
        fields = []
        while line := self._line():
            name, colon, value = line.partition(":")
            assert colon, line
            fields.append((name.lower(), value.strip()))
        answer = Answer(int(status), version, fields, b"")
        if method != "HEAD" and answer.status >= 200 and answer.status not in (204, 304):
            answer.content = self._content(answer)
        return answer

    def _content(self, answer):
        if answer.field("transfer-encoding"):
            assert answer.field("content-length") is None, answer
            return self._chunks()
        length = answer.field("content-length")
        if length is not None:
            return self._exactly(int(length))
        data = self._buffer
        self._buffer = b""
        return data + self.read_to_end()

    def _chunks(self):
        content = bytearray()  # grows in place: an answer may come in thousands of chunks
        while True:
            size = int(self._line().split(";")[0], 16)
            if size == 0:
                while self._line():
                    pass
                return bytes(content)
            content += self._exactly(size)
            assert self._line() == ""


def request_bytes(method, target, *fields, content=b"", host="127.0.0.1", version="HTTP/1.1"):
    """A request; Content-Length is added if there is content."""
    lines = [f"{method} {target} {version}"]
    if host is not None:
        lines.append(f"Host: {host}")
    lines += fields
    if content:
        lines.append(f"Content-Length: {len(content)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + content


def exchange(server, data, method="GET"):
    """Send bytes on a new connection; the answer."""
    with RawConnection(server) as connection:
        connection.send_quietly(data)
        return connection.answer(method)
