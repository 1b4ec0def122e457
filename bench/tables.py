"""What bench/run prints: the table, what is promised and whether it is kept, the peers' ratios, and the faults."""

import statistics

import peer_servers

PER_DELIVERY = "server_cpu_us_per_delivery"
PER_MESSAGE = "server_cpu_us_per_message"

# In a round's figures: the rival's figure of the same scenario in the same round.
RIVAL_PREFIX = "rival_"


def rival_to_ours(key):
    return lambda figures: figures[RIVAL_PREFIX + key] / figures[key]


def ours_to_rival(key):
    return lambda figures: figures[key] / figures[RIVAL_PREFIX + key]


# What the documentation promises: scenario, what is promised, how to work it out, which way, bound.
PROMISES = [
    ("room-1000", "CPU per delivery / raw send()", lambda r: r[PER_DELIVERY] / r["raw_us"], "<=", 1.25),
    ("room-1000-busy", "CPU per delivery / raw send()", lambda r: r[PER_DELIVERY] / r["raw_us"], "<=", 0.1),
    ("durable", "messages per server-CPU-second", lambda r: r["messages_per_server_cpu_s"], ">=", 50000),
]

# The bars that --peers asks about, beside the peer to beat.
BARS = [
    ("room-1000", "CPU per delivery / raw send()", lambda r: r[PER_DELIVERY] / r["raw_us"], "<=", 0.95),
    ("room-1000", "times better than Bun with group commit", rival_to_ours(PER_DELIVERY), ">=", 1.3),
    ("room-1000-busy", "times better than Bun with group commit", rival_to_ours(PER_DELIVERY), ">=", 1.5),
    ("rooms-500x10", "times better than Bun with group commit", rival_to_ours(PER_DELIVERY), ">=", 1.3),
    ("durable", "times better than Bun with group commit", rival_to_ours(PER_MESSAGE), ">=", 1.0),
    ("latency", "p50 / that of Bun with group commit", ours_to_rival("latency_p50_us"), "<=", 1.0),
    ("latency", "p99 / that of Bun with group commit", ours_to_rival("latency_p99_us"), "<=", 1.0),
    ("idle", "PSS bytes per connection", lambda r: r["pss_bytes_per_connection"], "<=", 512),
    ("idle", "handshakes per server-CPU-second", lambda r: r["handshakes_per_server_cpu_s"], ">=", 25000),
]

# Columns of the table: key in the load generator's JSON, heading, decimals.
COLUMNS = [
    (PER_DELIVERY, "us/delivery", 3),
    ("deliveries_per_server_cpu_s", "deliv./CPU-s", 0),
    ("messages_per_server_cpu_s", "msgs/CPU-s", 0),
    ("latency_p50_us", "p50 us", 0),
    ("latency_p99_us", "p99 us", 0),
    ("handshakes_per_server_cpu_s", "handsh./CPU-s", 0),
    ("handshake_max_us", "slowest handsh. us", 0),
    ("pss_bytes_per_connection", "PSS B/conn", 0),
    ("generator_busy", "load busy", 2),
]

FAULTS = ["missing", "duplicate", "out_of_order", "unknown", "error_frames", "closed", "refused"]


def spread(values, decimals):
    """Median, and smallest to largest."""
    return f"{statistics.median(values):.{decimals}f} ({min(values):.{decimals}f}-{max(values):.{decimals}f})"


def print_table(results):
    print("\n| scenario | " + " | ".join(heading for _, heading, _ in COLUMNS) + " |")
    print("|---" * (len(COLUMNS) + 1) + "|")
    for name, rounds in results.items():
        cells = []
        for key, _, decimals in COLUMNS:
            is_shown = all(key in figures for figures in rounds) and not (
                name.startswith("raw") and key.startswith(("handshake", "pss"))
            )
            cells.append(spread([figures[key] for figures in rounds], decimals) if is_shown else "")
        print(f"| {name} | " + " | ".join(cells) + " |")


def print_faults(results):
    for name, rounds in results.items():
        counts = {fault: sum(figures[fault] for figures in rounds) for fault in FAULTS}
        found = ", ".join(f"{count} {fault}" for fault, count in counts.items() if count > 0)
        print(f"{name}: {found or 'every message once, in one order; no connection refused or lost'}")


def print_bounds(rows, results):
    """Each row's median beside its bound. A round that broke off has no figure; a row without any figure says so."""
    for name, text, value_of, direction, bound in rows:
        values = []
        for figures in results.get(name, []):
            try:
                values.append(value_of(figures))
            except (KeyError, ZeroDivisionError):
                continue
        if name not in results:
            continue
        if not values:
            print(f"{name}: {text}: not measured")
            continue
        median = statistics.median(values)
        is_kept = median <= bound if direction == "<=" else median >= bound
        print(f"{name}: {text}: {spread(values, 3 if bound < 100 else 0)}, promised {direction} {bound}: "
              + ("kept" if is_kept else "NOT KEPT"))


def print_ratios(names, results):
    """How many times our processor time each peer takes for a delivery, in the scenarios that deliver anything."""
    names = [name for name in names if any(PER_DELIVERY in figures for figures in results[name])]
    if not names:
        return
    print("\nProcessor time per delivery, as a multiple of confab's in the same round:\n")
    print("| peer | " + " | ".join(names) + " |")
    print("|---" * (len(names) + 1) + "|")
    for peer in peer_servers.PEER_SERVERS:
        cells = []
        for name in names:
            ours, theirs = results[name], results.get(f"{name}, {peer}", [])
            ratios = [b[PER_DELIVERY] / a[PER_DELIVERY] for a, b in zip(ours, theirs) if a.get(PER_DELIVERY) and PER_DELIVERY in b]
            cells.append(spread(ratios, 2) if ratios else "")
        print(f"| {peer} | " + " | ".join(cells) + " |")
