"""Bars as SVG: for each scenario one file, confab and the peers one under the other, medians with their spread as a line."""

import statistics
import xml.sax.saxutils

from scenarios import SCENARIOS

# scenario: key in the figures, title, decimals. Less is better in all of them but those in MORE_IS_BETTER.
PLOTS = {
    "room-1000": ("server_cpu_us_per_delivery", "Room of 1,000, one publisher: CPU microseconds per delivery", 2),
    "room-1000-deflate": ("server_cpu_us_per_delivery", "Room of 1,000, compressed: CPU microseconds per delivery", 2),
    "room-1000-v1": ("server_cpu_us_per_delivery", "Room of 1,000 over confab.v1: CPU microseconds per delivery", 2),
    "room-1000-busy": ("server_cpu_us_per_delivery", "Room of 1,000, 20 publishers: CPU microseconds per delivery", 3),
    "rooms-500x10": ("server_cpu_us_per_delivery", "500 rooms of 10: CPU microseconds per delivery", 2),
    "rooms-1900x10": ("server_cpu_us_per_delivery", "1,900 rooms of 10: CPU microseconds per delivery", 2),
    "durable": ("server_cpu_us_per_message", "64 rooms of one: CPU microseconds per stored message", 2),
    "latency": ("latency_p99_us", "Room of 200, 50 messages a second: 99th percentile, microseconds", 0),
    "history": ("mb_per_server_cpu_s", "A history of 200,000 messages: MB per CPU second", 0),
    "idle": ("pss_bytes_per_connection", "19,000 idle connections: bytes of memory each", 0),
    "two-loops": ("complete_p50_us", "One message to 19,000 people, two event loops: microseconds until all have it", 0),
}
MORE_IS_BETTER = {"history"}

# All in pixels.
WIDTH, LABEL, VALUE, ROW, HEAD, MARGIN = 900, 250, 90, 26, 44, 12
CUT_AT = 2  # a bar longer than so many times the middle one is cut off, so that the others can be told apart

STYLE = """
text { font: 13px sans-serif; fill: #24292f } .title { font-weight: bold } .bar { fill: #9aa5b1 } .ours { fill: #1f6feb }
.base { fill: #d0a23a } .spread { stroke: #24292f; stroke-width: 1.5 } .cut { stroke: #fff; stroke-width: 4 }
.paper { fill: #fff }
"""


def rows_of(name, results, key):
    """(label, class, values) of each server that has figures."""
    rows = []
    for title, rounds in results.items():
        values = [figures[key] for figures in rounds if key in figures]
        if title == name:
            rows.append(("confab", "ours", values))
        elif title.startswith(name + ", "):
            rows.append((title[len(name) + 2 :], "bar", values))
        elif title == SCENARIOS[name].beside or (title.startswith("raw") and name == "room-1000"):
            rows.append((title, "base", values))
    return [row for row in rows if row[2]]


def scale_end(rows):
    middle = statistics.median(statistics.median(values) for _, _, values in rows)
    return min(max(max(values) for _, _, values in rows), CUT_AT * middle)


def draw_row(index, row, end, decimals):
    label, kind, values = row
    room = WIDTH - LABEL - VALUE - 2 * MARGIN
    top = HEAD + index * ROW
    left = MARGIN + LABEL
    median = statistics.median(values)

    def x_of(value):
        return left + room * min(value, end) / end

    parts = [
        f'<text x="{left - 8}" y="{top + 15}" text-anchor="end">{xml.sax.saxutils.escape(label)}</text>',
        f'<rect class="{kind}" x="{left}" y="{top + 3}" width="{x_of(median) - left:.1f}" height="{ROW - 8}"/>',
        f'<line class="spread" x1="{x_of(min(values)):.1f}" x2="{x_of(max(values)):.1f}" y1="{top + ROW / 2 - 1}"'
        f' y2="{top + ROW / 2 - 1}"/>',
        f'<text x="{left + room + 8}" y="{top + 15}">{median:,.{decimals}f}</text>',
    ]
    if median > end:
        parts.append(f'<path class="cut" d="M{left + room - 20} {top + ROW - 3} l8 -{ROW}"/>')
    return parts


def draw(name, results):
    """The SVG's text, or None if confab was not measured in it."""
    key, title, decimals = PLOTS[name]
    rows = rows_of(name, results, key)
    if not any(kind == "ours" for _, kind, _ in rows):
        return None
    end = scale_end(rows)
    better = "more" if name in MORE_IS_BETTER else "less"
    height = HEAD + len(rows) * ROW + MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{title}</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
        f'<text class="title" x="{MARGIN}" y="26">{title} ({better} is better)</text>',
    ]
    for index, row in enumerate(rows):
        parts += draw_row(index, row, end, decimals)
    return "\n".join([*parts, "</svg>", ""])


def write(folder, results):
    folder.mkdir(parents=True, exist_ok=True)
    for name in PLOTS:
        text = draw(name, results)
        if text is not None:
            (folder / f"{name}.svg").write_text(text, encoding="utf-8")


def links(folder, results):
    """Markdown that shows the scenarios' bars; folder is relative to the page."""
    return "".join(f"![{PLOTS[name][1]}]({folder}/{name}.svg)\n" for name in PLOTS if name in results)
