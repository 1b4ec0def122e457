"""What bench/run prints: the servers side by side, the bars and whether they are kept, every figure, and the faults."""

import os
import platform
import statistics
import time

import peer_servers
import plots
from scenarios import SCENARIOS

PER_DELIVERY = "server_cpu_us_per_delivery"
PER_MESSAGE = "server_cpu_us_per_message"

# In a round's figures: the rival's figure of the same scenario in the same round, and that of the scenario beside it.
RIVAL_PREFIX = "rival_"
BESIDE_PREFIX = "beside_"


def rival_to_ours(key):
    return lambda figures: figures[RIVAL_PREFIX + key] / figures[key]


def ours_to_rival(key):
    return lambda figures: figures[key] / figures[RIVAL_PREFIX + key]


def ours_to_beside(key):
    return lambda figures: figures[key] / figures[BESIDE_PREFIX + key]


def to_raw(figures):
    return figures[PER_DELIVERY] / figures["raw_us"]


def figure(key):
    return lambda figures: figures[key]


# Scenario, what is asked, how to work it out of a round's figures, which way, bound.
BARS = [
    ("room-1000", "CPU per delivery / raw send()", to_raw, "<=", 0.95),
    ("room-1000", "times better than Bun with group commit", rival_to_ours(PER_DELIVERY), ">=", 1.3),
    ("room-1000-deflate", "CPU per delivery / room-1000", ours_to_beside(PER_DELIVERY), "<=", 1.2),
    ("room-1000-v1", "CPU per delivery / room-1000", ours_to_beside(PER_DELIVERY), "<=", 1.2),
    ("room-1000-busy", "CPU per delivery / raw send()", to_raw, "<=", 0.1),
    ("room-1000-busy", "times better than Bun with group commit", rival_to_ours(PER_DELIVERY), ">=", 1.5),
    ("rooms-500x10", "times better than Bun with group commit", rival_to_ours(PER_DELIVERY), ">=", 1.3),
    ("durable", "messages per server CPU second", figure("messages_per_server_cpu_s"), ">=", 50000),
    ("durable", "bare SQLite in the same batches / CPU per message", lambda r: r["bare_us"] / r[PER_MESSAGE], ">=", 0.8),
    ("durable", "times better than Bun with group commit", rival_to_ours(PER_MESSAGE), ">=", 1.0),
    ("latency", "p50 / that of Bun with group commit", ours_to_rival("latency_p50_us"), "<=", 1.0),
    ("latency", "p99 / that of Bun with group commit", ours_to_rival("latency_p99_us"), "<=", 1.0),
    ("history", "MB per server CPU second", figure("mb_per_server_cpu_s"), ">=", 300),
    ("history", "growth of memory while it is read, bytes", figure("memory_growth_bytes"), "<=", 1024 * 1024),
    ("pages", "a page of a long history / one of a thousand messages",
     lambda r: r["long_history_us_per_page"] / r["short_history_us_per_page"], "<=", 1.5),
    ("idle", "PSS bytes per connection", figure("pss_bytes_per_connection"), "<=", 512),
    ("idle", "handshakes per server CPU second", figure("handshakes_per_server_cpu_s"), ">=", 25000),
    ("resume-storm", "server CPU seconds, from its start until 10,000 have all they missed",
     figure("resume_server_cpu_s"), "<=", 5),
    ("objects", "bytes of a connection without its socket (512: a million in 512 MB)", figure("object_bytes_per_connection"), "<=", 512),
    ("objects", "bytes of a room of 10 beyond its frames", figure("room_other_bytes"), "<=", 1024),
    ("two-loops", "times as quick as one loop", lambda r: r[BESIDE_PREFIX + "complete_p50_us"] / r["complete_p50_us"], ">=", 1.6),
    ("two-loops", "CPU per delivery / one loop", ours_to_beside(PER_DELIVERY), "<=", 1.25),
    ("rooms-1900x10", "CPU per delivery / one room of as many people (one-loop)", ours_to_beside(PER_DELIVERY), "<=", 1.5),
]

# Columns of the table: key in a tool's JSON, heading, decimals.
COLUMNS = [
    (PER_DELIVERY, "us/delivery", 3),
    ("deliveries_per_server_cpu_s", "deliv./CPU-s", 0),
    (PER_MESSAGE, "us/message", 2),
    ("later_cpu_us_per_message", "later us/message", 2),
    ("messages_per_server_cpu_s", "msgs/CPU-s", 0),
    ("batch_messages", "msgs/commit", 0),
    ("latency_p50_us", "p50 us", 0),
    ("latency_p99_us", "p99 us", 0),
    ("mb_per_server_cpu_s", "MB/CPU-s", 0),
    ("handshakes_per_server_cpu_s", "handsh./CPU-s", 0),
    ("handshake_max_us", "slowest handsh. us", 0),
    ("resume_s", "resumed in s", 2),
    ("pss_bytes_per_connection", "PSS B/conn", 0),
    ("instructions_per_delivery", "instr./delivery", 0),
    ("instructions_per_message", "instr./message", 0),
    ("instructions_per_handshake", "instr./handshake", 0),
    ("generator_busy", "load busy", 2),
]

FAULTS = ["missing", "duplicate", "out_of_order", "unknown", "error_frames", "closed", "refused"]


def spread(values, decimals):
    """Median, and smallest to largest."""
    return f"{statistics.median(values):,.{decimals}f} ({min(values):,.{decimals}f}-{max(values):,.{decimals}f})"


def print_conditions(options, results, load_before):
    """When and on what, and how busy others kept it: load averages, and how far the raw loop's own figures spread."""
    raw = results["raw send()"]
    loads = [load_before[0], *(figures["load_average"] for figures in raw)]
    print(f"{time.strftime('%Y-%m-%d %H:%M')}, {options.rounds} rounds, Linux {platform.release()}, {os.cpu_count()} cores."
          f" Load average before the first round and at the raw loops between them: {' '.join(f'{load:.1f}' for load in loads)}."
          f" The raw loop's own figure: {spread([figures[PER_DELIVERY] for figures in raw], 2)} us.")
    if options.peers:
        print("Peers: " + ", ".join(peer_servers.versions()) + ".")


def cell(rounds, key, decimals):
    values = [figures[key] for figures in rounds if key in figures]
    return f"{statistics.median(values):,.{decimals}f}" if values else ""


def servers_of(results):
    """Everything that stands beside confab: the raw loops, then what the results' titles name behind their scenario."""
    titles = [name.split(", ", 1)[1] for name in results if ", " in name]
    return [*(name for name in results if name.startswith("raw")), "confab", *dict.fromkeys(titles)]


def rounds_of(results, name, server):
    if server == "confab":
        return results[name]
    if server.startswith("raw"):
        return results[server] if name == "room-1000" else []
    return results.get(f"{name}, {server}", [])


def print_matrix(results):
    """Medians of what each scenario is about: a line for each server."""
    names = [name for name in plots.PLOTS if name in results]
    if not names:
        return
    print("Medians of what each scenario is about; less is better, but for `history`:\n")
    print("| | " + " | ".join(names) + " |")
    print("|---" * (len(names) + 1) + "|")
    for server in servers_of(results):
        cells = [cell(rounds_of(results, name, server), plots.PLOTS[name][0], plots.PLOTS[name][2]) for name in names]
        if any(cells):
            mark = "**" if server == "confab" else ""
            print(f"| {mark}{server}{mark} | " + " | ".join(cells) + " |")
    print()
    for name in names:
        print(f"- `{name}`: {plots.PLOTS[name][1]}.")


def says_something(name, key):
    """Some figures mean something only where they are what is looked at."""
    if key == "pss_bytes_per_connection":
        return name.startswith("idle")
    if key == PER_MESSAGE:
        return name.startswith("durable")
    return not (name.startswith("raw") and key.startswith("handshake"))


def table_cell(name, rounds, key, decimals):
    is_shown = all(key in figures for figures in rounds) and says_something(name, key)
    return spread([figures[key] for figures in rounds], decimals) if is_shown else ""


def print_table(results):
    """All of COLUMNS that anybody has a figure in."""
    cells = {
        name: [table_cell(name, rounds, key, decimals) for key, _, decimals in COLUMNS] for name, rounds in results.items()
    }
    shown = [index for index in range(len(COLUMNS)) if any(row[index] for row in cells.values())]
    print("| scenario | " + " | ".join(COLUMNS[index][1] for index in shown) + " |")
    print("|---" * (len(shown) + 1) + "|")
    for name, row in cells.items():
        if any(row):
            print(f"| {name} | " + " | ".join(row[index] for index in shown) + " |")


def print_faults(results):
    """Of those that count messages: who made which, and who made none."""
    clean = []
    for name, rounds in results.items():
        if "missing" not in rounds[0]:
            continue
        counts = {fault: sum(figures.get(fault, 0) for figures in rounds) for fault in FAULTS}
        found = ", ".join(f"{count} {fault}" for fault, count in counts.items() if count > 0)
        if found:
            print(f"- {name}: {found}")
        else:
            clean.append(name)
    if clean:
        print(f"- nothing missing, repeated or out of order, no connection refused or lost: {'; '.join(clean)}")


def print_bars(results):
    """Each bar's median beside its bound. A round that broke off has no figure."""
    print("| scenario | bar | bound | measured | |")
    print("|---|---|---|---|---|")
    for name, text, value_of, direction, bound in BARS:
        values = []
        for figures in results.get(name, []):
            try:
                values.append(value_of(figures))
            except (KeyError, ZeroDivisionError):
                continue
        if values:
            median = statistics.median(values)
            is_kept = median <= bound if direction == "<=" else median >= bound
            measured = spread(values, 2 if bound < 100 else 0)
            print(f"| {name} | {text} | {direction} {bound:,} | {measured} | {'kept' if is_kept else '**not kept**'} |")


def print_ratios(results):
    """How many times our processor time each peer takes for a delivery, in the scenarios that deliver anything."""
    names = [name for name in SCENARIOS if any(PER_DELIVERY in figures for figures in results.get(name, []))]
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
        if any(cells):
            print(f"| {peer} | " + " | ".join(cells) + " |")


def print_all(options, results, load_before):
    print_conditions(options, results, load_before)
    print()
    print_matrix(results)
    print()
    print_bars(results)
    if options.peers:
        print_ratios(results)
    print("\nEvery figure, medians with the smallest and largest:\n")
    print_table(results)
    print("\nFaults, over all rounds:\n")
    print_faults(results)
