"""Many connections at once that behave badly together, held by plain sockets in one thread.

Knows: how to open thousands of them, how to find out which of them the server has ended, what the server's process costs.
Does not know: what is said on them.
"""
import contextlib
import os
import pathlib
import selectors
import socket
import time

# Guards against hanging; nothing here measures time.
DEADLINE_S = 120


class Crowd:
    """`count` connections that have all sent `greeting`."""

    def __init__(self, server, count, greeting=b"", receive_buffer_bytes=None):
        self.sockets = []
        for _ in range(count):
            peer = socket.socket()
            if receive_buffer_bytes:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
            peer.settimeout(DEADLINE_S)
            peer.connect((server.host, server.port))
            self.sockets.append(peer)
            if greeting:
                peer.sendall(greeting)
            peer.setblocking(False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for peer in self.sockets:
            peer.close()

    def send_each(self, data):
        """Send to all; those that the server has ended or that are full are passed over."""
        for peer in self.sockets:
            with contextlib.suppress(BlockingIOError, BrokenPipeError, ConnectionResetError):
                peer.send(data)

    def wait_answers(self, marker=b"\r\n\r\n"):
        """Read from all until each has been sent the marker. What each got."""
        return self._read(lambda data, is_ended: marker in data or is_ended)

    def wait_ended(self):
        """Read from all until the server has ended each. What each got until then."""
        return self._read(lambda data, is_ended: is_ended)

    def _read(self, is_enough):
        got = {peer: b"" for peer in self.sockets}
        give_up = time.monotonic() + DEADLINE_S
        with selectors.DefaultSelector() as selector:
            for peer in self.sockets:
                selector.register(peer, selectors.EVENT_READ)
            while selector.get_map():
                assert time.monotonic() < give_up, f"{len(selector.get_map())} are left"
                for key, _ in selector.select(1):
                    try:
                        piece = key.fileobj.recv(65536)
                    except ConnectionResetError:
                        piece = b""
                    got[key.fileobj] += piece
                    if is_enough(got[key.fileobj], not piece):
                        selector.unregister(key.fileobj)
        return list(got.values())

    def alive(self):
        """How many the server has not ended, without taking a byte."""
        count = 0
        for peer in self.sockets:
            try:
                count += peer.recv(1, socket.MSG_PEEK) != b""
            except BlockingIOError:
                count += 1
            except ConnectionResetError:
                pass
        return count


def cpu_seconds(server):
    """What the server's process has used so far."""
    fields = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def open_files(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def wait_until(is_so, what):
    """Wait for something that the server does by itself."""
    give_up = time.monotonic() + DEADLINE_S
    while not is_so():
        assert time.monotonic() < give_up, what
        time.sleep(0.05)
