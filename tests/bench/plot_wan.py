#!/usr/bin/env python3
"""Draw the table that `souk-sim --wan` prints: messages, bytes and time of a block against validators.

    build/souk-sim --wan | tests/bench/plot_wan.py >docs/wan.svg

Reads Markdown rows "| validators | votes go to | messages | bytes | N ms | N ms |" from standard input, also
out of docs/performance.md; writes SVG. Nothing but the standard library is needed."""

import math
import re
import sys

WIDTH, HEIGHT = 300, 270  # of one panel
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 58, 44  # margins inside it
SERIES = {"all": ("#1f6fb4", "votes go to all"), "the leader": ("#c8501e", "the leader collects")}
ROW = re.compile(r"^\| (\d+) \| (all|the leader) \| (\d+) \| (\d+) \| (\d+) ms \| (\d+) ms \|$")


def read(lines):
    """Rows (validators, way, messages, bytes, ms to the last decision)."""
    rows = []
    for line in lines:
        match = ROW.match(line.replace(",", "").strip())
        if match:
            count, way, messages, size, decided, _ = match.groups()
            rows.append((int(count), way, int(messages), int(size), int(decided)))
    return rows


def short(value):
    """1500 -> 1.5k"""
    for bound, unit in ((10**6, "M"), (10**3, "k")):
        if value >= bound:
            return f"{value / bound:g}{unit}"
    return f"{value:g}"


def ticks(values, logarithmic):
    if logarithmic:
        low = math.floor(math.log10(min(values)))
        high = math.ceil(math.log10(max(values)))
        return [10**power for power in range(low, high + 1)]
    step = next(s for s in (10, 20, 50, 100, 200, 500, 1000) if max(values) <= 6 * s)
    return [step * i for i in range(math.ceil(max(values) / step) + 1)]


def panel(rows, title, column, logarithmic, offset):
    out = []
    counts = sorted({row[0] for row in rows})
    marks = ticks([row[column] for row in rows], logarithmic)
    scale = math.log10 if logarithmic else float

    def x(count):
        part = math.log(count / counts[0]) / math.log(counts[-1] / counts[0])
        return offset + LEFT + part * (WIDTH - LEFT - RIGHT)

    def y(value):
        part = (scale(value) - scale(marks[0])) / (scale(marks[-1]) - scale(marks[0]))
        return HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)

    middle = offset + (LEFT + WIDTH - RIGHT) / 2
    out.append(f'<text x="{middle:.0f}" y="{TOP - 12}" class="title">{title}</text>')
    for mark in marks:
        out.append(f'<line x1="{offset + LEFT}" x2="{offset + WIDTH - RIGHT}" y1="{y(mark):.1f}" y2="{y(mark):.1f}" class="grid"/>')
        out.append(f'<text x="{offset + LEFT - 6}" y="{y(mark) + 4:.1f}" class="left">{short(mark)}</text>')
    for count in counts:
        out.append(f'<text x="{x(count):.1f}" y="{HEIGHT - BOTTOM + 17}" class="middle">{count}</text>')
    out.append(f'<text x="{middle:.0f}" y="{HEIGHT - 8}" class="middle">validators</text>')
    for way, (colour, _) in SERIES.items():
        points = [(x(row[0]), y(row[column])) for row in rows if row[1] == way]
        line = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        out.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3.5" fill="{colour}"/>' for px, py in points]
    return out


def legend(width):
    out = []
    at = width / 2 - 190
    for colour, text in SERIES.values():
        out.append(f'<line x1="{at:.0f}" x2="{at + 26:.0f}" y1="18" y2="18" stroke="{colour}" stroke-width="2"/>')
        out.append(f'<circle cx="{at + 13:.0f}" cy="18" r="3.5" fill="{colour}"/>')
        out.append(f'<text x="{at + 34:.0f}" y="22">{text}</text>')
        at += 200
    return out


def main():
    rows = read(sys.stdin)
    if len({row[0] for row in rows}) < 2 or {row[1] for row in rows} != set(SERIES):
        sys.exit("plot_wan.py: no table of souk-sim --wan on standard input")
    width = 3 * WIDTH
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" width="{width}" height="{HEIGHT}">')
    print("<title>Messages, bytes and time of a block between ten cities</title>")
    print("<style>text { font: 12px sans-serif; fill: #222 } .title { font-weight: bold; text-anchor: middle }"
          " .middle { text-anchor: middle } .left { text-anchor: end } .grid { stroke: #ddd }</style>")
    print(f'<rect width="{width}" height="{HEIGHT}" fill="#fff"/>')
    for line in legend(width):
        print(line)
    panels = (("messages for one block", 2, True), ("bytes for one block", 3, True), ("ms, proposal to last decision", 4, False))
    for place, (title, column, logarithmic) in enumerate(panels):
        for line in panel(rows, title, column, logarithmic, place * WIDTH):
            print(line)
    print("</svg>")


main()
