"""A network that fails: a TCP relay on 127.0.0.1 that cuts all its connections when it is told to."""
import contextlib
import socket
import threading

PIECE_BYTES = 65536


class CuttingRelay:
    def __init__(self, server):
        self._server = server
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._pairs = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def websocket_url(self):
        return f"ws://127.0.0.1:{self._listener.getsockname()[1]}"

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                try:
                    far = socket.create_connection((self._server.host, self._server.port))
                except OSError:
                    near.close()
                    continue
                with self._lock:
                    self._pairs.add((near, far))
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(source, target, (near, far)), daemon=True).start()

    def _carry(self, source, target, pair):
        with contextlib.suppress(OSError):
            while piece := source.recv(PIECE_BYTES):
                target.sendall(piece)
        self._end(pair)

    def _end(self, pair):
        with self._lock:
            self._pairs.discard(pair)
        for end in pair:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def cut(self):
        """Cut what is connected now; who comes again is let through."""
        for pair in list(self._pairs):
            self._end(pair)

    def stop(self):
        self._listener.close()
        self.cut()
