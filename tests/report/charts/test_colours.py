"""The ramps of colours: steps, contrast, and what can be told apart."""

import re
from itertools import combinations, pairwise

import numpy as np
import pytest
from helpers.places import ROOT
from helpers.plain.plain_multiples import plain_step

from reportgen.report.charts import (
    LOWERS,
    MAP_COLOURS,
    RAISES,
    RECEIVED,
    SCALE_DARK,
    SCALE_LIGHT,
    SCALE_PLACES,
    STEPS,
    count_colour,
    difference_colour,
    effect_colour,
    heat_colour,
    heat_step,
    scale_colour,
    signed_step,
    size_colour,
    times_places,
    times_steps,
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


@pytest.mark.parametrize("name", ["heat", "rise", "fall", "grey", "size"])
def test_light_text_keeps_its_contrast_on_the_strongest_tints_in_dark(name):
    assert contrast(INK_DARK, behind_text(name)) >= 4.5


def test_steps_run_from_nothing_to_the_top_and_clip_above():
    assert [heat_step(value, 0.2) for value in (0, 0.1, 0.2, 0.9)] == [0, 8, 15, 15]
    assert heat_step(0.0, 0.0) == 0
    assert ramps(0) == ["#ffffff"] * 6


def test_even_attention_has_one_pale_tone_and_each_doubling_is_as_far_as_any_other():
    times = np.array([0, 0.5, 1, 2, 4, 8, 16, 99])
    assert times_places(times).tolist() == pytest.approx(
        [0, 0.15, 0.3, 0.475, 0.65, 0.825, 1, 1], abs=1e-12
    )
    between = np.array([0, 0.2, 0.6, 1, 1.4, 2.1, 3, 5, 7, 9, 12, 15, 99])
    assert times_steps(between).tolist() == [plain_step(value) for value in between]
    assert pytest.approx(times_places(times[[0, 2, 3, 4, 5, 6]])) == SCALE_PLACES
    assert contrast(scale_colour(plain_step(1)), "#ffffff") < 1.2


@pytest.mark.parametrize(
    ("colours", "inks"), [(SCALE_LIGHT, ("#1b1d22", 13)), (SCALE_DARK, (INK_DARK, 11))]
)
def test_letters_keep_their_contrast_on_the_colours_of_attention(colours, inks):
    """From a step on they have the palest colour, as the style sheet says."""
    ink, turns = inks
    for step in range(STEPS):
        letters = ink if step < turns else colours[0]
        assert contrast(letters, scale_colour(step, colours)) >= 4.5, step
    lightness = [luminance(scale_colour(step, colours)) for step in range(STEPS)]
    rises = colours is SCALE_DARK
    assert all((after > before) == rises for before, after in pairwise(lightness))


def test_the_style_sheet_has_the_colours_of_attention():
    style = (ROOT / "templates" / "assets" / "css" / "theme.css").read_text()
    for step in range(STEPS):
        found = re.findall(rf"--m{step}: (#\w+);", style)
        assert found == [scale_colour(step), *[scale_colour(step, SCALE_DARK)] * 2]
        drawn = f'.scale [stroke="{MAP_COLOURS[step]}"] {{ stroke: var(--m{step}); }}'
        assert (drawn in style) == (step > 0)
        turned = f"--k: var(--m{step}); --on: "
        assert (turned in style) == (step >= 11)


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
    """As tints, beside the bars of a sign too."""
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
    assert apart(shown, PAPER_DARK, sight) >= 35
