"""A listening socket on a free port, for a server that takes one over."""

import socket

LISTEN_BACKLOG = 4096


def listen():
    """The socket, which the programs that this one becomes or starts inherit, and its port."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(LISTEN_BACKLOG)
    listener.set_inheritable(True)
    return listener, listener.getsockname()[1]


def say_listening(port):
    print(f"listening on http://127.0.0.1:{port}", flush=True)
