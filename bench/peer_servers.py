"""The servers that confab is measured beside: how each is started, what it does with a message, and what it runs in.

Each gets a copy of the database that confab runs the same scenario on: the same tables, indexes and users. None of them checks who
comes; confab does. The programs are in bench/peers/. They are copied to build/peers/ and run there, beside their npm packages, so
that whoever goes through the sources does not meet those.
"""

import dataclasses
import pathlib
import shutil
import subprocess

SOURCES = pathlib.Path(__file__).resolve().parent / "peers"
PEERS = SOURCES.parent.parent / "build" / "peers"
MODULES = PEERS / "node_modules"
BUN = MODULES / "@oven" / "bun-linux-x64" / "bin" / "bun"
SQLITE_FOR_NODE = MODULES / "better-sqlite3"

# What Debian has; npm's part is in bench/peers/package.json.
DEBIAN_PACKAGES = ["nginx-light", "libnginx-mod-nchan", "mosquitto", "python3-django-channels", "daphne"]

# The contents that make a frame of a server that sends on what it got as long as confab's frames: JSON, and an MQTT packet.
ECHOED_CONTENT_BYTES = 296
PACKED_CONTENT_BYTES = 300

# The one that bars are set against.
RIVAL = "bun, group commit"


@dataclasses.dataclass
class Peer:
    program: list  # the database's path comes next
    storage: str  # and then this, if it is not empty
    scenarios: dict  # name: which part of the scenario's messages it gets, as 1/n, because it takes so much longer
    arguments: list = dataclasses.field(default_factory=list)  # more for the load generator


PEER_SERVERS = {
    RIVAL: Peer(
        [BUN, PEERS / "bun.mjs"],
        "turn",
        {
            "room-1000": 1, "room-1000-busy": 1, "rooms-500x10": 1, "rooms-1900x10": 1, "durable": 1, "latency": 1, "history": 1,
            "idle": 1, "storm": 1,
        },
    ),
    "bun, commit each": Peer(
        [BUN, PEERS / "bun.mjs"],
        "each",
        {"room-1000": 1, "room-1000-busy": 4, "rooms-500x10": 4, "durable": 10, "latency": 1},
    ),
    "bun, no storage": Peer(
        [BUN, PEERS / "bun.mjs"],
        "none",
        {"room-1000": 1, "room-1000-busy": 1, "rooms-500x10": 1, "latency": 1},
    ),
    "node ws, group commit": Peer(
        ["node", PEERS / "node.mjs"],
        "turn",
        {"room-1000": 2, "room-1000-busy": 20, "rooms-500x10": 4, "durable": 2, "latency": 1, "history": 1, "idle": 1},
    ),
    "nchan, no storage": Peer(
        ["/usr/bin/python3", PEERS / "nchan.py"],
        "",
        {"room-1000": 1, "room-1000-busy": 10, "rooms-500x10": 1, "latency": 1, "idle": 1},
        ["--content-bytes", str(ECHOED_CONTENT_BYTES)],
    ),
    "mosquitto, no storage": Peer(
        ["/usr/bin/python3", PEERS / "mosquitto.py"],
        "",
        {"room-1000": 1, "room-1000-busy": 10, "rooms-500x10": 1, "latency": 1, "idle": 1},
        ["--dialect", "mqtt", "--content-bytes", str(PACKED_CONTENT_BYTES)],
    ),
    "django channels": Peer(
        ["/usr/bin/python3", PEERS / "django_chat.py"],
        "",
        {"room-1000": 20, "rooms-500x10": 30, "durable": 50},
    ),
}


def command_of(peer, database):
    return [*map(str, peer.program), str(database), *([peer.storage] if peer.storage else [])]


def is_installed(package):
    asked = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Status}", package], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        check=False,
    )
    return asked.stdout == "installed"


def install_debian_packages(packages):
    missing = [package for package in packages if not is_installed(package)]
    if not missing:
        return
    # Its answer 101 keeps Debian's scripts from starting nginx as a service: the bench starts its own.
    policy = pathlib.Path("/usr/sbin/policy-rc.d")
    is_ours = not policy.exists()
    if is_ours:
        policy.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
        policy.chmod(0o755)
    try:
        subprocess.run(["apt-get", "update", "-q"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(
            ["apt-get", "install", "-y", "-q", "--no-install-recommends", *missing], check=True, stdout=subprocess.DEVNULL
        )
    finally:
        if is_ours:
            policy.unlink()


def build_sqlite_for_node():
    """better-sqlite3 comes as source; node-gyp comes with npm, and the headers with Node, so nothing else is fetched."""
    if (SQLITE_FOR_NODE / "build" / "Release" / "better_sqlite3.node").exists():
        return
    modules = subprocess.run(["npm", "root", "-g"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    node = pathlib.Path(shutil.which("node")).resolve()
    subprocess.run(
        ["node", f"{modules}/npm/node_modules/node-gyp/bin/node-gyp.js", "rebuild", "--release", f"--nodedir={node.parent.parent}"],
        check=True, cwd=SQLITE_FOR_NODE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )


def install():
    install_debian_packages(DEBIAN_PACKAGES)
    PEERS.mkdir(parents=True, exist_ok=True)
    for source in SOURCES.glob("*"):
        if source.is_file():
            shutil.copy2(source, PEERS)
    # npm ci leaves this file behind as its last act, so it is newer than the lock that it was made from.
    installed = MODULES / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < (PEERS / "package-lock.json").stat().st_mtime:
        subprocess.run(["npm", "ci", "--silent"], check=True, cwd=PEERS)
        installed.touch()
    build_sqlite_for_node()


def first_line(*command):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout.strip().splitlines()[0] if done.stdout.strip() else "?"


def versions():
    """What was measured, for the text beside the figures."""
    modules = "process.argv.slice(1).map((m) => m + ' ' + require('./node_modules/' + m + '/package.json').version).join(', ')"
    packages = ["libnginx-mod-nchan", "mosquitto", "python3-django-channels", "daphne", "python3-django"]
    return [
        "Bun " + first_line(BUN, "--version"),
        "Node " + first_line("node", "--version"),
        subprocess.run(
            ["node", "-p", modules, "ws", "better-sqlite3"], cwd=PEERS, stdout=subprocess.PIPE, text=True, check=False
        ).stdout.strip(),
        first_line("nginx", "-v"),
        *(first_line("dpkg-query", "-W", "-f", "${Package} ${Version}", package) for package in packages),
    ]
