"""The ramps of colours: steps, contrast, and two signs."""

from reportgen.report.charts.colours import (
    STEPS,
    heat_colour,
    heat_step,
    signed_colour,
    signed_step,
)


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_dark_text_keeps_its_contrast_on_every_step():
    ink = luminance("#1b1d22")
    for step in range(STEPS):
        assert (luminance(heat_colour(step)) + 0.05) / (ink + 0.05) >= 4.5


def test_steps_run_from_nothing_to_the_top_and_clip_above():
    assert [heat_step(value, 0.2) for value in (0, 0.1, 0.2, 0.9)] == [0, 8, 15, 15]
    assert heat_step(0.0, 0.0) == 0
    assert heat_colour(0) == "#ffffff"


def test_two_signs_have_two_colours_of_equal_strength():
    assert [signed_step(value, 0.5) for value in (-0.5, -0.25, 0.0, 0.5, 2.0)] == [
        -15,
        -8,
        0,
        15,
        15,
    ]
    assert signed_colour(7) == heat_colour(7)
    assert signed_colour(0) == "#ffffff"
    assert signed_colour(-15) != signed_colour(15)
    ink = luminance("#1b1d22")
    assert (luminance(signed_colour(-15)) + 0.05) / (ink + 0.05) >= 4.5
