"""Grain of skin for what the photo does not show: as coarse and strong as on the seen skin beside.

Fills are smooth, and smooth skin beside photographed skin looks like plastic. Two bands of noise in
space (so that no seam of the map shows) get the strength which the same bands have on the skin
that is seen; the strength is carried on over the surface, so that stubble goes on under the jaw.
"""

from functools import lru_cache

import cv2
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from avatars.texturing.seen import smoothstep
from avatars.texturing.texels import Array, Mask, Texels
from avatars.texturing.trust import Surface
from avatars.tracking.spread import factorised, graph_laplacian

CELLS = 64  # a side of the repeating block of noise
BANDS = ((0.0007, 0.0016), (0.0016, 0.0040))
"""Standard deviations, metres, of the two blurs between whose results each band lies."""
FACE_TEXEL = 0.31  # metres across a map's width, on the face
STIFFNESS = 4.0  # of the strength over the surface
PULL = 0.05  # of the strength to the usual one
STRONGEST = 0.14  # of the logarithm of brightness
SAMPLES = 400  # texels a strength is measured on, at least


def grain(
    surface: Surface, points: Array, rgb: Array, plain: Mask, trusted: Mask, seed: int
) -> Array:
    """Logarithm of brightness [M] to add to smooth skin.

    Args:
        surface: of the head.
        points: [M, 3] texels of the mean head, metres.
        rgb: [M, 3] seen colours.
        plain: [M] skin without hair, lips, lids and brows.
        trusted: [M] of it, what the photo shows squarely.
        seed: of the noise.
    """
    texels = surface.texels
    chosen = plain & trusted
    total = np.zeros(len(points), np.float32)
    if chosen.sum() < SAMPLES:
        return total
    log = np.log(rgb @ np.array([0.3, 0.6, 0.1], np.float32) + 0.02)
    inner = _inside(texels, chosen)
    for number, (fine, coarse) in enumerate(BANDS):
        band = _band(texels, log, chosen, fine, coarse)
        strength = _strength(surface, band, inner)
        total += strength * _noise(points, (fine + coarse) / 2, seed * 7 + number)
    return total


def _inside(texels: Texels, chosen: Mask) -> Mask:
    """[M] the chosen texels away from their border, where blurs see nothing else."""
    cover = texels.as_map(chosen.astype(np.float32))
    width = max(1, round(0.005 / FACE_TEXEL * texels.size))
    kernel = np.ones((2 * width + 1, 2 * width + 1), np.uint8)
    core = cv2.erode(cover, kernel).reshape(-1)[texels.index]
    deep: Mask = core > 0.5
    return deep if deep.sum() >= SAMPLES else chosen


def _band(texels: Texels, log: Array, chosen: Mask, fine: float, coarse: float) -> Array:
    """[M] what of the values lies between two blurs on the map, over the chosen texels only."""
    share = texels.as_map(chosen.astype(np.float32))
    values = texels.as_map(np.where(chosen, log, 0.0).astype(np.float32))
    blurred = []
    for sigma in (fine, coarse):
        wide = sigma / FACE_TEXEL * texels.size / 2
        weight = cv2.GaussianBlur(share, (0, 0), max(wide, 0.3))
        blurred.append(cv2.GaussianBlur(values, (0, 0), max(wide, 0.3)) / np.maximum(weight, 1e-3))
    difference = (blurred[0] - blurred[1]).reshape(-1)[texels.index]
    return np.asarray(difference, np.float32)


def _strength(surface: Surface, band: Array, inner: Mask) -> Array:
    """[M] deviation of a band: measured where it is seen, carried on elsewhere."""
    weight = inner.astype(np.float32)
    # Folds and moles are no grain.
    usual = 1.48 * float(np.median(np.abs(band[inner])))
    squares = np.minimum(band, 2.5 * usual).clip(-2.5 * usual) ** 2
    local = np.sqrt(surface.mean(squares, weight))
    amount = surface.mean(weight) * surface.known
    system = STIFFNESS * graph_laplacian(surface.head) + sp.diags(amount + PULL)
    solved = factorised(sp.csc_matrix(system)).solve(amount * local + PULL * usual)
    strength = np.clip(surface.texels.gather(solved.astype(np.float32)), 0, STRONGEST)
    return np.asarray(strength, np.float32)


def _noise(points: Array, size: float, seed: int) -> Array:
    """[M] noise of unit deviation whose grains are about ``size`` metres large."""
    block = _block(seed)
    cells = (points / (size / 1.3)).T.astype(np.float64)
    read = map_coordinates(block, cells, order=1, mode="grid-wrap", prefilter=False)
    deviation = max(float(np.std(read)), 1e-6)
    return np.asarray(read / deviation, np.float32)


@lru_cache(maxsize=8)
def _block(seed: int) -> NDArray[np.float32]:
    """A block of noise that repeats without a seam, one octave wide."""
    random = np.random.default_rng(seed)
    white = random.standard_normal((CELLS, CELLS, CELLS)).astype(np.float32)
    frequency = np.fft.fftfreq(CELLS)
    squared = sum(f**2 for f in np.meshgrid(frequency, frequency, frequency, indexing="ij"))
    keep = np.exp(-squared / (2 * 0.22**2)) * smoothstep(np.sqrt(squared), 0.03, 0.16)
    block = np.fft.ifftn(np.fft.fftn(white) * keep).real
    return np.asarray(block / block.std(), np.float32)
