#!/usr/bin/env python3
"""embed.py OUT HEADER TABLE FILE... - write files into a C source as a table of struct web_asset.

Bytes become string literals, because compilers read those many times faster than lists of numbers.
"""
import pathlib
import sys

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".png": "image/png",
    ".json": "application/json",
    ".yaml": "application/yaml",
}
LINE_BYTES = 96

# Three octal digits always, so that a digit which follows is not read as one more of them; "?" too,
# because "??=" is a trigraph in some modes.
ESCAPES = [chr(c) if 32 <= c < 127 and chr(c) not in '"\\?' else f"\\{c:03o}" for c in range(256)]


def literal(content):
    lines = (content[at:at + LINE_BYTES] for at in range(0, len(content), LINE_BYTES))
    return "\n".join('    "' + "".join(ESCAPES[c] for c in line) + '"' for line in lines) or '    ""'


def main(out, header, table, files):
    files = [pathlib.Path(name) for name in files]
    parts = [f'#include "{header}"\n', '#pragma GCC diagnostic ignored "-Woverlength-strings"\n']
    entries = []
    for index, path in enumerate(files):
        content = path.read_bytes()
        parts.append(f"static const char content_{index}[] =\n{literal(content)};\n")
        entries.append(f'    {{"{path.name}", "{TYPES[path.suffix]}", '
                       f"{{(const uint8_t *)content_{index}, {len(content)}}}}},")
    parts.append("static const struct web_asset assets[] = {\n" + "\n".join(entries) + "\n};\n")
    parts.append(f"const struct web_assets {table} = {{assets, {len(files)}}};\n")
    pathlib.Path(out).write_text("\n".join(parts))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
