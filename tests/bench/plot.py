#!/usr/bin/env python3
"""Draws what `make bench-pvsnip` prints as SVG: how the costs of an owner, a server and a validator grow
in the dimension d and in the number of owners n.

    make bench-pvsnip >figures.txt
    tests/bench/plot.py figures.txt docs/images/pvsnip-growth.svg
"""
import math
import re
import sys

# The rows of the bench, and how they are named in the picture.
BY_DIMENSION = (
    ("owner: all of these", "owner", "#0b6e4f", -2),
    ("server, per round: P, theta, q", "server, once a round", "#8a5a00", 10),
    ("server, per owner: all of these", "server, each owner", "#c1440e", 4),
    ("validator: round of 100 owners", "validator, 100 owners", "#1f4e9c", 4),
)
BY_OWNERS = (
    ("server: round of n owners", "server, round", "#c1440e", 4),
    ("validator: round of n owners", "validator, round", "#1f4e9c", 4),
)
WIDTH, HEIGHT = 470, 400
LEFT, RIGHT, TOP, BOTTOM = 62, 118, 44, 52


def read(text):
    """{(kind, number): {row: ms}} of the widest level, and the machine's name."""
    machine = re.search(r"machine: (.*)", text)
    rows, current = {}, None
    for line in text.splitlines():
        head = re.match(r"([dn]) = (\d+),", line)
        row = re.match(r"  (.*?)\s+([\d.]+) ms$", line)
        if head:
            current = rows[head.group(1), int(head.group(2))] = {}  # a wider level replaces it
        elif row and current is not None:
            current[row.group(1)] = float(row.group(2))
    return rows, machine.group(1) if machine else "?"


def power(exponent):
    return f'10<tspan dy="-5" font-size="9">{exponent}</tspan>'


def text_of(value):
    if value >= 1000:
        return f"{value / 1000:g} s"
    return f"{value:g} ms"


class Panel:
    """One pair of logarithmic axes."""

    def __init__(self, left, x_range, y_range, title, x_title):
        self.left, self.x_range, self.y_range = left, x_range, y_range
        self.parts = []
        self.axes(title, x_title)

    def x(self, value):
        low, high = self.x_range
        return self.left + LEFT + (math.log10(value) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(self, value):
        low, high = self.y_range
        return HEIGHT - BOTTOM - (math.log10(value) - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    def text(self, x, y, text, extra=""):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" {extra}>{text}</text>')

    def axes(self, title, x_title):
        right, bottom = self.left + WIDTH - RIGHT, HEIGHT - BOTTOM
        self.text(self.left + LEFT, 22, title, 'font-weight="bold" font-size="14"')
        for exponent in range(self.x_range[0], self.x_range[1] + 1):
            x = self.x(10**exponent)
            self.parts.append(f'<path d="M{x:.1f} {TOP}V{bottom}" stroke="#ddd"/>')
            self.text(x, bottom + 20, power(exponent), 'text-anchor="middle"')
        for exponent in range(self.y_range[0], self.y_range[1] + 1):
            y = self.y(10**exponent)
            self.parts.append(f'<path d="M{self.left + LEFT} {y:.1f}H{right}" stroke="#ddd"/>')
            self.text(self.left + LEFT - 8, y + 4, text_of(10**exponent), 'text-anchor="end"')
        self.text((self.left + LEFT + right) / 2, HEIGHT - 10, x_title, 'text-anchor="middle"')

    def line(self, points, name, colour, shift):
        path = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)
        self.parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for x, y in points:
            self.parts.append(f'<circle cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="3" fill="{colour}"/>')
        x, y = points[-1]
        self.text(self.x(x) + 8, self.y(y) + shift, name, f'fill="{colour}"')


def draw(panel, rows, kind, wanted):
    for row, name, colour, shift in wanted:
        points = sorted((number, values[row]) for (of, number), values in rows.items()
                        if of == kind and row in values)
        if points:
            panel.line(points, name, colour, shift)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        rows, machine = read(file.read())
    if not any(kind == "d" for kind, _ in rows):
        sys.exit(f"{sys.argv[1]}: no figures of bench_pvsnip")
    dimensions = Panel(0, (3, 7), (-1, 3), "Growth in the dimension d", "elements of an update, d")
    draw(dimensions, rows, "d", BY_DIMENSION)
    owners = Panel(WIDTH + 20, (1, 3), (0, 4), "Growth in the owners n, d = 100,000", "owners of a round, n")
    draw(owners, rows, "n", BY_OWNERS)
    width = 2 * WIDTH + 20
    note = f"(S, t) = (4, 1), r = k = 100, one core, {machine}"
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        out.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT + 14}" '
                  f'width="{width}" height="{HEIGHT + 14}" font-family="sans-serif" font-size="12">\n'
                  f'<rect width="{width}" height="{HEIGHT + 14}" fill="white"/>\n')
        out.write("\n".join(dimensions.parts + owners.parts))
        out.write(f'\n<text x="{LEFT}" y="{HEIGHT + 8}" font-size="10" fill="#555">{note}</text>\n</svg>\n')


if __name__ == "__main__":
    main()
