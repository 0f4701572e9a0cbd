"""Blend modes against the formulas of W3C Compositing and Blending, one colour at a time."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatars.edits.blend import MODES, over

SHARES = st.floats(0, 1, width=32)
COLORS = st.tuples(SHARES, SHARES, SHARES)


def separable(mode: str, b: float, s: float) -> float:
    if mode == "normal":
        return s
    if mode == "multiply":
        return b * s
    if mode == "screen":
        return 1 - (1 - b) * (1 - s)
    if mode == "overlay":
        return 2 * b * s if b <= 0.5 else 1 - 2 * (1 - b) * (1 - s)
    if s <= 0.5:
        return b - (1 - 2 * s) * b * (1 - b)
    d = ((16 * b - 12) * b + 4) * b if b <= 0.25 else math.sqrt(b)
    return b + (2 * s - 1) * (d - b)


def lum(color) -> float:
    return 0.3 * color[0] + 0.59 * color[1] + 0.11 * color[2]


def set_lum(color, wanted: float):
    moved = [c + wanted - lum(color) for c in color]
    mean, low, high = lum(moved), min(moved), max(moved)
    if low < 0:
        moved = [mean + (c - mean) * mean / (mean - low) for c in moved]
    if high > 1:
        moved = [mean + (c - mean) * (1 - mean) / (high - mean) for c in moved]
    return moved


@given(COLORS, COLORS, st.sampled_from(["normal", "multiply", "screen", "overlay", "soft-light"]))
def test_separable_modes_follow_their_formulas(backdrop, source, mode: str) -> None:
    found = MODES[mode](np.array(backdrop, np.float32), np.array(source, np.float32))
    expected = [separable(mode, b, s) for b, s in zip(backdrop, source, strict=True)]
    assert np.allclose(found, expected, atol=2e-6)


@given(COLORS, COLORS)
def test_color_and_luminosity_exchange_what_they_say(backdrop, source) -> None:
    b, s = np.array(backdrop, np.float32), np.array(source, np.float32)
    assert np.allclose(MODES["color"](b, s), set_lum(source, lum(backdrop)), atol=1e-4)
    assert np.allclose(MODES["luminosity"](b, s), set_lum(backdrop, lum(source)), atol=1e-4)


@pytest.mark.parametrize("mode", MODES)
def test_alpha_zero_leaves_the_backdrop_and_one_shows_the_blend_bit_by_bit(mode: str) -> None:
    random = np.random.default_rng(0)
    b, s = random.random((2, 40, 40, 3), np.float32)
    assert np.array_equal(over(b, s, np.zeros((40, 40), np.float32), mode), b)
    assert np.array_equal(over(b, s, np.ones((40, 40), np.float32), mode), MODES[mode](b, s))


@pytest.mark.parametrize("mode", MODES)
def test_blended_colours_stay_colours(mode: str) -> None:
    random = np.random.default_rng(1)
    b, s = random.random((2, 60, 60, 3), np.float32)
    found = over(b, s, random.random((60, 60), np.float32), mode)
    assert found.dtype == np.float32
    assert found.min() >= -1e-5
    assert found.max() <= 1 + 1e-5
