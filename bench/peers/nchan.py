#!/usr/bin/env python3
"""nginx with nchan as a chat that stores nothing and sends on what it gets: nchan.py DATABASE

One worker, since it has one core (without a master nchan crashes). The database's folder takes the configuration. This
process stays above nginx's two, at rest, until it is told to end.
"""

import os
import pathlib
import signal
import subprocess
import sys
import time

from listening import listen, say_listening

CONFIGURATION = """
load_module modules/ngx_nchan_module.so;
daemon off;
worker_processes 1;
user {user};
pid {directory}/nginx.pid;
error_log stderr error;
worker_rlimit_nofile {files};
events {{ worker_connections {connections}; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    nchan_shared_memory_size 512M;
    server {{
        listen 127.0.0.1:{port};
        location ~ ^/ws/chat/([0-9]+)/$ {{
            nchan_pubsub websocket;
            nchan_channel_id $1;
            nchan_subscriber_first_message newest;
            nchan_message_buffer_length 10000;
        }}
    }}
}}
"""
FILES = 20000
# nginx begins to turn connections away when a sixteenth of them is left.
CONNECTIONS = 32768
LOOK_SECONDS = 0.05


def has_worker(nginx):
    children = pathlib.Path(f"/proc/{nginx.pid}/task/{nginx.pid}/children")
    return children.exists() and children.read_text(encoding="ascii").strip() != ""


def main():
    directory = pathlib.Path(sys.argv[1]).resolve().parent
    listener, port = listen()
    configuration = directory / "nginx.conf"
    user = directory.owner()  # who may write there
    configuration.write_text(
        CONFIGURATION.format(directory=directory, port=port, files=FILES, connections=CONNECTIONS, user=user),
        encoding="ascii",
    )
    # nginx takes over sockets named there, as it does from an older nginx that it replaces.
    environment = {**os.environ, "NGINX": f"{listener.fileno()};"}
    with subprocess.Popen(
        ["nginx", "-c", str(configuration), "-e", "stderr"], env=environment, close_fds=False
    ) as nginx:
        signal.signal(signal.SIGTERM, lambda *_: nginx.terminate())
        while nginx.poll() is None and not has_worker(nginx):
            time.sleep(LOOK_SECONDS)
        say_listening(port)
        return nginx.wait()


if __name__ == "__main__":
    sys.exit(main())
