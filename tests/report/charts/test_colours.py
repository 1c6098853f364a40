"""The ramps of colours: steps, contrast, and what can be told apart."""

from itertools import combinations

import numpy as np
import pytest
from helpers.places import ROOT

from reportgen.report.charts import (
    LOWERS,
    RAISES,
    RECEIVED,
    STEPS,
    count_colour,
    difference_colour,
    effect_colour,
    heat_colour,
    heat_step,
    signed_step,
    size_colour,
)

# What eyes without one kind of cone see of linear light (Machado et al. 2009).
SIGHT = {
    "every cone": np.eye(3),
    "protanopia": np.array(
        [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]]
    ),
    "deuteranopia": np.array(
        [[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]]
    ),
}
# In dark the style sheet has colours of its own; the strongest covers 88 % of the paper.
PAPER_DARK, INK_DARK, MOST_DARK = "#12161c", "#eef0f4", 0.88


def parts(colour):
    return np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def linear(colour):
    found = parts(colour)
    return np.where(found <= 0.04045, found / 12.92, ((found + 0.055) / 1.055) ** 2.4)


def luminance(colour):
    """Relative luminance (WCAG 2)."""
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def contrast(one, two):
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


def apart(one, two, sight):
    """The distance of two colours in CIE Lab."""

    def lab(colour):
        seen = np.clip(SIGHT[sight] @ linear(colour), 0, 1)
        to_xyz = np.array(
            [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
        )
        xyz = to_xyz @ seen / [0.9505, 1, 1.0888]
        x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
        return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])

    return float(np.linalg.norm(lab(one) - lab(two)))


def dark(name):
    """The value of a custom property in dark, which the style sheet says twice."""
    style = (ROOT / "templates" / "assets" / "css" / "theme.css").read_text()
    found = [line.split(":")[1].strip(" ;") for line in style.splitlines() if f"--{name}:" in line]
    assert len(found) == 3
    assert found[1] == found[2]
    return found[1]


def behind_text(name):
    """The strongest tint of a custom property in dark."""
    mixed = MOST_DARK * parts(dark(name)) + (1 - MOST_DARK) * parts(PAPER_DARK)
    return "#" + "".join(f"{round(255 * part):02x}" for part in mixed)


def ramps(step):
    return [
        heat_colour(step),
        count_colour(step),
        effect_colour(step),
        effect_colour(-step),
        difference_colour(-step),
        size_colour(step),
    ]


def test_dark_text_keeps_its_contrast_on_every_step():
    for step in range(STEPS):
        for colour in ramps(step):
            assert contrast("#1b1d22", colour) >= 4.5


@pytest.mark.parametrize("name", ["heat", "rise", "fall", "grey", "look", "size"])
def test_light_text_keeps_its_contrast_on_the_strongest_tints_in_dark(name):
    assert contrast(INK_DARK, behind_text(name)) >= 4.5


def test_steps_run_from_nothing_to_the_top_and_clip_above():
    assert [heat_step(value, 0.2) for value in (0, 0.1, 0.2, 0.9)] == [0, 8, 15, 15]
    assert heat_step(0.0, 0.0) == 0
    assert ramps(0) == ["#ffffff"] * 6


def test_two_signs_have_two_colours_of_equal_strength():
    assert [signed_step(value, 0.5) for value in (-0.5, -0.25, 0.0, 0.5, 2.0)] == [
        -15,
        -8,
        0,
        15,
        15,
    ]
    assert difference_colour(7) == heat_colour(7)
    assert difference_colour(-7) == count_colour(7)


@pytest.mark.parametrize("sight", SIGHT)
def test_each_meaning_has_a_colour_of_its_own(sight):
    """Attention, what raises the prediction and what lowers it, as tints and as bars."""
    tints = (heat_colour(15), effect_colour(15), effect_colour(-15))
    for one, two in combinations(tints, 2):
        assert apart(one, two, sight) >= 25
    for one, two in combinations((RECEIVED, RAISES, LOWERS), 2):
        assert apart(one, two, sight) >= 35
    assert apart(difference_colour(15), difference_colour(-15), sight) >= 50
    for one, two in combinations(("received", "raises", "lowers"), 2):
        assert apart(dark(one), dark(two), sight) >= 30
    for one, two in combinations(("heat", "rise", "fall"), 2):
        assert apart(behind_text(one), behind_text(two), sight) >= 35


@pytest.mark.parametrize("sight", SIGHT)
def test_a_strength_that_is_no_attention_looks_like_neither_attention_nor_a_sign(sight):
    """As tints, beside the bars of a sign too; where a token looks has a tint of its own."""
    shown = size_colour(15)
    assert apart(shown, heat_colour(15), sight) >= 55
    assert apart(shown, effect_colour(-15), sight) >= 30
    assert apart(shown, effect_colour(15), sight) >= 15
    assert min(apart(shown, bar, sight) for bar in (RAISES, LOWERS)) >= 38
    assert apart(shown, "#ffffff", sight) >= 25
    shown = behind_text("size")
    assert apart(shown, behind_text("heat"), sight) >= 55
    assert apart(shown, behind_text("fall"), sight) >= 35
    assert apart(shown, behind_text("rise"), sight) >= 15
    assert apart(shown, behind_text("look"), sight) >= 25
    assert apart(shown, PAPER_DARK, sight) >= 35
