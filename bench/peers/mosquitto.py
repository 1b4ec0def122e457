#!/usr/bin/env python3
"""mosquitto as a chat that stores nothing and sends on what it gets, MQTT inside WebSockets: mosquitto.py DATABASE

The database's folder takes the configuration. This process stays above it, at rest, until it is told to end.
"""

import pathlib
import signal
import socket
import subprocess
import sys
import time

from listening import listen, say_listening

# The first listener is only there because this version does not start with WebSockets alone; socket_domain keeps the
# second one from listening at every address.
CONFIGURATION = """
user {user}
listener 0 {directory}/mosquitto.sock
listener {port} 127.0.0.1
protocol websockets
socket_domain ipv4
allow_anonymous true
persistence false
max_queued_messages 0
set_tcp_nodelay true
log_dest stderr
log_type error
"""
LOOK_SECONDS = 0.05


def free_port():
    """It binds by itself and takes no socket over, so somebody else could be quicker; then it ends and says so."""
    listener, port = listen()
    listener.close()
    return port


def does_listen(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def main():
    directory = pathlib.Path(sys.argv[1]).resolve().parent
    port = free_port()
    configuration = directory / "mosquitto.conf"
    text = CONFIGURATION.format(port=port, user=directory.owner(), directory=directory)
    configuration.write_text(text, encoding="ascii")
    with subprocess.Popen(["mosquitto", "-c", str(configuration)]) as broker:
        signal.signal(signal.SIGTERM, lambda *_: broker.terminate())
        while broker.poll() is None and not does_listen(port):
            time.sleep(LOOK_SECONDS)
        if broker.poll() is None:
            say_listening(port)
        return broker.wait()


if __name__ == "__main__":
    sys.exit(main())
