"""The values of static figures, read back from what is drawn."""

import re

import numpy as np
from bs4 import BeautifulSoup, Tag

NUMBER = r"-?[\d.]+"


def points(line: Tag) -> list[tuple[float, float]]:
    """The points of a line of the chart, in pixels; of one that is level, its two ends."""
    found: list[tuple[float, float]] = []
    x = y = 0.0
    for command, rest in re.findall(r"([a-zA-Z])([^a-zA-Z]*)", line["d"]):
        numbers = [float(number) for number in re.findall(NUMBER, rest)]
        if command == "M":
            x, y = numbers
        elif command == "l":
            x, y = x + numbers[0], y + numbers[1]
        elif command == "H":
            (x,) = numbers
        elif command == "h" and numbers != [0.0]:
            x += numbers[0]
        else:
            assert (command, numbers) == ("h", [0.0])  # an end once more, for its mark
            assert (x, y) == found[-1]
            continue
        found.append((x, y))
    scale = float(line.parent["transform"].removeprefix("scale(").removesuffix(")"))
    return [(x * scale, y * scale) for x, y in found]


def painted(group: Tag, rows: int, columns: int, bare: str) -> np.ndarray:
    """The colours `[row, column]` after every stroke of `group` was painted, one over the other;
    `bare` where none was."""
    colours = np.full((rows, columns), bare, dtype=object)
    for path in group("path"):
        x = y = 0
        for command, first, second, along, length in re.findall(
            rf"([Mm])({NUMBER}) ?({NUMBER})([hv])({NUMBER})", path["d"]
        ):
            dx, dy, n = int(first), int(second), int(length)
            x, y = (dx, dy) if command == "M" else (x + dx, y + dy)
            if along == "h":
                assert 0 <= x < x + n <= columns
                colours[y, x : x + n] = path["stroke"]
                x += n
            else:
                assert 0 <= y < y + n <= rows
                colours[y : y + n, x] = path["stroke"]
                y += n
    return colours


def drawn_values(chart: BeautifulSoup | Tag) -> list[float]:
    """What the points of a line chart stand for, read from their heights and the marks of the
    upright axis alone."""
    marks = [
        (float(text["y"]), float(text.get_text().replace("−", "-").removesuffix("\u00a0%")))
        for text in chart.find_all("text")
        if text.get("y") and (text.find_parent("g") or {}).get("text-anchor") == "end"
    ]
    (y0, low), (y1, high) = marks[0], marks[-1]
    return [
        low + (float(point["cy"]) - y0) * (high - low) / (y1 - y0)
        for point in chart.find_all("circle")
    ]
