"""Where the checkout and its samples lie."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "sample_inputs"
GOLD = ROOT / "tests" / "gold"
