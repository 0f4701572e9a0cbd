"""Colours for what the photo does not show, made from what it does.

Two smooth layers over the surface, hair and skin, each the harmonic extension of its own seen
samples, so that skin does not flow up into the hair nor hair down the neck. The other half of the
face helps softly: its colour with a small weight, its detail (pores, stubble) in full. Where
trusted photo ends, the difference between photo and fill is carried on and faded out, so that no
step is left.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import splu
from scipy.spatial import cKDTree

from avatars.head.model import HeadModel
from avatars.texturing.person import Person, distance, lab
from avatars.texturing.texels import SKIN, Array, Texels, placed
from avatars.tracking.spread import graph_laplacian

HAIR_STIFFNESS, SKIN_STIFFNESS = 0.15, 0.3
PULL = 2e-4  # of every vertex to the layer's median, so that far points do not drift
MIRROR_WEIGHT, MIRROR_DETAIL = 0.06, 0.6
HAIR_BIAS = 0.65  # hair wins ties: dark skin in shadow is rarer above the hairline than hair
FADE = 0.025  # metres over which the difference between photo and fill dies away
DETAIL_FADE = 0.014  # metres from seen hair over which copied strands fade


@dataclass(frozen=True, eq=False)
class Filled:
    """The skin, complete.

    Attributes:
        rgb: [M, 3] of all skin texels (others are zero).
        low: [V, 3] the smooth colours underneath.
        hair: [V] 0..1 how much of a vertex is hair.
    """

    rgb: Array
    low: NDArray[np.float64]
    hair: NDArray[np.float64]


def fill_skin(
    head: HeadModel, texels: Texels, rgb: Array, trust: Array, person: Person, scalp: Array
) -> Filled:
    """Final colours of all skin texels from seen colours and their trust.

    Args:
        head: the head; its mirror image is looked up by position.
        texels: its texels.
        rgb: [M, 3] seen colours.
        trust: [M] 0..1.
        person: the person's colours.
        scalp: [V] 0..1 where hair grows.
    """
    skin_texels = texels.kind == SKIN
    weight = np.where(skin_texels, trust, 0.0).astype(np.float64)
    hairy = _is_hair(rgb, person, texels.gather(scalp.astype(np.float32)))
    laplacian = graph_laplacian(head)
    mirror = mirrored_vertices(head)
    layers = []
    for share, stiffness, center in (
        (hairy, HAIR_STIFFNESS, person.hair if person.hair is not None else person.skin),
        (1.0 - hairy, SKIN_STIFFNESS, person.skin),
    ):
        layers.append(_layer(head, texels, rgb, weight * share, stiffness, center, mirror))
    hair = _hair_share(head, texels, hairy, weight, scalp, laplacian)
    low = hair[:, None] * layers[0] + (1 - hair[:, None]) * layers[1]
    low = low + _carried_on(texels, rgb, weight, low, laplacian)
    base = texels.gather(low.astype(np.float32))
    detail = _mirrored_detail(head, texels, rgb, trust, base)
    detail += _copied_strands(
        head, texels, rgb, trust, base, texels.gather(hair.astype(np.float32))
    )
    kept = trust[:, None]
    final = kept * rgb + (1 - kept) * np.clip(base + detail, 0, 1)
    final[~skin_texels] = 0
    return Filled(final.astype(np.float32), low, hair)


@lru_cache(maxsize=4)
def mirrored_vertices(head: HeadModel) -> NDArray[np.int64]:
    """For each vertex the one nearest to its mirror image in the neutral head."""
    vertices = head.v_template.cpu().numpy()
    return np.asarray(cKDTree(vertices).query(vertices * [-1, 1, 1])[1], np.int64)


@lru_cache(maxsize=4)
def _mirrored_texels(head: HeadModel, size: int) -> NDArray[np.int64]:
    from avatars.texturing.texels import texels_of

    texels = texels_of(head, size)
    points, _ = placed(texels, head, head.v_template)
    tree = cKDTree(points)
    found = tree.query(points * np.array([-1, 1, 1], np.float32), workers=-1)[1]
    return np.asarray(found, np.int64)


def _is_hair(rgb: Array, person: Person, scalp: Array) -> NDArray[np.float64]:
    """1 for samples that look more like the hair than the skin and lie where hair grows."""
    if person.hair is None:
        return np.zeros(len(rgb))
    colors = lab(rgb)
    nearer = HAIR_BIAS * distance(colors, person.hair) < distance(colors, person.skin)
    return (nearer & (scalp > 0.05)).astype(np.float64)


def _layer(
    head: HeadModel,
    texels: Texels,
    rgb: Array,
    weight: NDArray[np.float64],
    stiffness: float,
    center: Array,
    mirror: NDArray[np.int64],
) -> NDArray[np.float64]:
    count = head.vertex_count
    sums = texels.scatter(np.column_stack([weight[:, None] * rgb, weight]), count)
    # The map's resolution must not change how strongly samples pull.
    sums *= (256 / texels.size) ** 2
    sums += MIRROR_WEIGHT * sums[mirror]
    total = sums[:, 3]
    median = _rgb(center)
    system = stiffness * graph_laplacian(head) + sp.diags(total + PULL)
    right = sums[:, :3] + PULL * median
    solved: NDArray[np.float64] = splu(sp.csc_matrix(system)).solve(np.ascontiguousarray(right))
    return solved


def _hair_share(
    head: HeadModel,
    texels: Texels,
    hairy: NDArray[np.float64],
    weight: NDArray[np.float64],
    scalp: Array,
    laplacian: sp.csc_matrix,
) -> NDArray[np.float64]:
    """How much of each vertex is hair: seen where the photo shows it, the template elsewhere."""
    count = head.vertex_count
    sums = texels.scatter(np.column_stack([weight * hairy, weight]), count)
    sums *= (256 / texels.size) ** 2
    prior = 0.15
    system = sp.csc_matrix(0.05 * laplacian + sp.diags(sums[:, 1] + prior))
    solved = splu(system).solve(sums[:, 0] + prior * scalp.astype(np.float64))
    return np.clip(solved, 0, 1) * (scalp > 0.02)


def _carried_on(
    texels: Texels,
    rgb: Array,
    weight: NDArray[np.float64],
    low: NDArray[np.float64],
    laplacian: sp.csc_matrix,
) -> NDArray[np.float64]:
    """Difference between photo and smooth layer, continued from the border and faded out."""
    error = rgb - texels.gather(low.astype(np.float32))
    sums = texels.scatter(np.column_stack([weight[:, None] * error, weight]), len(low))
    sums *= (256 / texels.size) ** 2
    # A screened Laplacian decays over sqrt(stiffness * spacing / screen); spacing is about 4 mm.
    screen = 0.3 * (0.004 / FADE) ** 2
    system = sp.csc_matrix(0.3 * laplacian + sp.diags(sums[:, 3] + screen))
    solved: NDArray[np.float64] = splu(system).solve(np.ascontiguousarray(sums[:, :3]))
    return solved


def _mirrored_detail(
    head: HeadModel, texels: Texels, rgb: Array, trust: Array, base: Array
) -> Array:
    other = _mirrored_texels(head, texels.size)
    detail: Array = MIRROR_DETAIL * trust[other, None] * (rgb[other] - base[other])
    return detail


def _copied_strands(
    head: HeadModel, texels: Texels, rgb: Array, trust: Array, base: Array, hair: Array
) -> Array:
    """Detail of seen hair looked up by height and reflected azimuth, faded with the distance."""
    points, _ = placed(texels, head, head.v_template)
    azimuth = np.arctan2(np.abs(points[:, 0]), points[:, 2] + 0.02) * 0.055
    keys = np.column_stack([points[:, 1], azimuth])
    source = np.flatnonzero((hair > 0.6) & (trust > 0.6) & (texels.kind == SKIN))
    wanted = np.flatnonzero((hair > 0.3) & (trust < 0.99) & (texels.kind == SKIN))
    detail = np.zeros_like(rgb)
    if len(source) < 200 or not len(wanted):
        return detail
    gap, nearest = cKDTree(keys[source]).query(keys[wanted], workers=-1)
    fade = 0.8 * np.exp(-((gap / DETAIL_FADE) ** 2)) * hair[wanted]
    picked = source[nearest]
    detail[wanted] = fade[:, None] * (rgb[picked] - base[picked])
    return detail


def _rgb(center: Array) -> NDArray[np.float64]:
    import cv2

    color = cv2.cvtColor(np.asarray(center, np.float32)[None, None], cv2.COLOR_Lab2RGB)[0, 0]
    return np.asarray(color, np.float64)
