"""Colours for what the photo does not show, made from what it does.

Three smooth layers over the surface, hair, skin and lips, each the harmonic extension of its own
seen samples, so that skin does not flow up into the hair nor teeth over the lips. Skin is extended
with the light divided out. The other half of the face helps softly: its colour with a small
weight, its detail (pores, stubble) in full. Where trusted photo ends, the difference between photo
and fill is carried on and faded out, so that no step is left.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from avatars.head.model import HeadModel
from avatars.texturing.drawn import Drawn
from avatars.texturing.person import Person, distance, lab
from avatars.texturing.regions import Places
from avatars.texturing.seen import Seen, smoothstep
from avatars.texturing.texels import SKIN, Array, Texels, placed, texels_of
from avatars.tracking.spread import factorised, graph_laplacian

Doubles = NDArray[np.float64]

HAIR_STIFFNESS, SKIN_STIFFNESS, LIP_STIFFNESS = 0.15, 0.3, 0.1
PULL = 2e-4  # of every vertex to the layer's median, so that far points do not drift
LIP_PULL = 0.02
MIRROR_WEIGHT, MIRROR_DETAIL = 0.06, 0.6
HAIR_BIAS = 0.65  # hair wins ties: dark skin in shadow is rarer above the hairline than hair
FADE = 0.025  # metres over which the difference between photo and fill dies away
FEATHER = 10.0  # stiffness of the trust's border: about 6 mm
SOFT = (0.15, 0.5)
STRANDS = (0.35, 1.6)  # of the drawn strands' strength
LASH = np.array([0.34, 0.26, 0.25], np.float32)
LID_TRUST = 0.2  # open lids are a pixel or two high, and hold lashes


@dataclass(frozen=True, eq=False)
class Filled:
    """The skin, complete.

    Attributes:
        rgb: [M, 3] of all skin texels (others are zero).
        trust: [M] how much of it is the photo, feathered.
        hair: [M] 0..1 how much of a texel is hair.
    """

    rgb: Array
    trust: Array
    hair: Array


def fill_skin(
    head: HeadModel,
    texels: Texels,
    seen: Seen,
    trust: Array,
    shade: Array,
    person: Person,
    where: Places,
    drawn: Drawn | None,
) -> Filled:
    """Final colours of all skin texels from seen colours and their trust.

    Args:
        head: the head; its mirror image is looked up by position.
        texels: its texels.
        seen: what the photo says.
        trust: [M] 0..1, strangers excluded.
        shade: [M] relative brightness of the light on skin.
        person: the person's colours.
        where: regions.
        drawn: the head's drawn looks, or None.
    """
    skin_texels = texels.kind == SKIN
    rgb = seen.rgb
    trust = feathered(head, texels, trust) * (1 - (1 - LID_TRUST) * where.lids)
    weight = np.where(skin_texels, trust, 0.0).astype(np.float64)
    sheets = _Sheets(head, texels, weight)
    grows = where.scalp if drawn is None else np.maximum(drawn.hair, 0.0)
    hairy = _is_hair(rgb, person, np.maximum(where.under_hair, grows))
    lips = smoothstep(where.lips, 0.4, 0.9).astype(np.float64)
    center = person.hair if person.hair is not None else person.skin
    hair_layer = sheets.layer(rgb, hairy, HAIR_STIFFNESS, center)
    flat = rgb / shade[:, None]
    skin_layer = sheets.layer(flat, (1 - hairy) * (1 - lips), SKIN_STIFFNESS, person.skin)
    lip_center = person.lips if person.lips is not None else person.skin
    lip_layer = sheets.layer(rgb, lips, LIP_STIFFNESS, lip_center, LIP_PULL)
    hair = sheets.share(hairy, grows, where.under_hair)
    skin = texels.gather(skin_layer) * shade[:, None]
    share = lips[:, None].astype(np.float32)
    skin = skin + (texels.gather(lip_layer) - skin) * share
    base = skin + (texels.gather(hair_layer) - skin) * hair[:, None]
    base = np.clip(base + sheets.carried_on(rgb - base), 0, 1)
    detail = _mirrored_detail(head, texels, rgb, trust, base)
    made = base + detail
    if drawn is not None:
        made = made * _strands(texels, rgb, trust, base, hair, drawn)[:, None]
    kept = trust[:, None]
    lashes = where.lashes[:, None] * (1 - kept)
    made = made * (1 - lashes * (1 - LASH))
    final = kept * rgb + (1 - kept) * np.clip(made, 0, 1)
    final[~skin_texels] = 0
    return Filled(final.astype(np.float32), trust.astype(np.float32), hair)


def feathered(head: HeadModel, texels: Texels, trust: Array) -> Array:
    """Trust [M] that ends softly where large parts stop being seen (not at eyes and mouth)."""
    skin = (texels.kind == SKIN).astype(np.float64)
    count = head.vertex_count
    sums = texels.scatter(np.column_stack([skin * trust, skin]), count)
    share = sums[:, 0] / np.maximum(sums[:, 1], 1e-9)
    inner = np.zeros(count, bool)
    for name in ("eye_left", "eye_right", "lips"):
        if name in head.regions:
            inner |= head.regions[name].cpu().numpy()
    # Openings of eyes and mouth have no trust, but no border to hide either.
    known = np.where(inner | (sums[:, 1] == 0), 0.05, 1.0)
    system = FEATHER * graph_laplacian(head) + sp.diags(known)
    soft = factorised(sp.csc_matrix(system)).solve(known * np.where(inner, 1.0, share))
    around = smoothstep(texels.gather(soft.astype(np.float32)), *SOFT)
    inside = texels.gather(inner.astype(np.float32))
    soft_trust: Array = trust * np.maximum(around, inside)
    return soft_trust


class _Sheets:
    """Smooth layers of colour on the vertices from weighted texels."""

    def __init__(self, head: HeadModel, texels: Texels, weight: Doubles) -> None:
        self.texels, self.weight = texels, weight
        self.laplacian = graph_laplacian(head)
        self.mirror = mirrored_vertices(head)
        # The map's resolution must not change how strongly samples pull.
        self.scale = (256 / texels.size) ** 2
        self.count = head.vertex_count

    def layer(
        self, rgb: Array, share: Doubles, stiffness: float, center: Array, pull: float = PULL
    ) -> Array:
        """[V, 3] harmonic extension of the colours [M, 3], each counting by its share [M]."""
        sums = self._sums(rgb, self.weight * share)
        sums += MIRROR_WEIGHT * sums[self.mirror]
        system = stiffness * self.laplacian + sp.diags(sums[:, 3] + pull)
        right = sums[:, :3] + pull * _rgb(center)
        return self._solved(system, right)

    def share(self, hairy: Doubles, grows: Array, allowed: Array) -> Array:
        """[M] how much of each texel is hair: as seen, or as hair usually grows."""
        usual, most = self._means(grows), self._means(np.maximum(grows, allowed))
        sums = self._sums(hairy[:, None], self.weight)
        prior = 0.15
        system = 0.05 * self.laplacian + sp.diags(sums[:, 1] + prior)
        solved = self._solved(system, (sums[:, 0] + prior * usual)[:, None])[:, 0]
        allowance = np.clip(4 * most, 0, 1).astype(np.float32)
        cover: Array = np.clip(solved, 0, 1) * allowance
        # Single strands at the edge are finer than vertices.
        fine = grows - self.texels.gather(usual.astype(np.float32))
        mixed = self.texels.gather(cover) + fine * (1 - self.weight)
        return np.asarray(np.clip(mixed, 0, 1), np.float32)

    def carried_on(self, error: Array) -> Array:
        """[M, 3] the difference between photo and fill, continued from the border, faded out."""
        sums = self._sums(error, self.weight)
        # A screened Laplacian decays over sqrt(stiffness * spacing / screen); spacing is 4 mm.
        screen = 0.3 * (0.004 / FADE) ** 2
        system = 0.3 * self.laplacian + sp.diags(sums[:, 3] + screen)
        return self.texels.gather(self._solved(system, sums[:, :3]))

    def _sums(self, values: NDArray[np.floating[Any]], weight: Doubles) -> Doubles:
        table = np.column_stack([weight[:, None] * values, weight])
        return self.texels.scatter(table, self.count) * self.scale

    def _means(self, values: Array) -> Doubles:
        skin = (self.texels.kind == SKIN).astype(np.float64)
        sums = self.texels.scatter(np.column_stack([skin * values, skin]), self.count)
        means: Doubles = sums[:, 0] / np.maximum(sums[:, 1], 1e-9)
        return means

    def _solved(self, system: sp.spmatrix, right: Doubles) -> Array:
        solved = factorised(sp.csc_matrix(system)).solve(np.ascontiguousarray(right))
        return np.asarray(solved, np.float32)


@lru_cache(maxsize=4)
def mirrored_vertices(head: HeadModel) -> NDArray[np.int64]:
    """For each vertex the one nearest to its mirror image in the neutral head."""
    vertices = head.v_template.cpu().numpy()
    return np.asarray(cKDTree(vertices).query(vertices * [-1, 1, 1])[1], np.int64)


@lru_cache(maxsize=4)
def _mirrored_texels(head: HeadModel, size: int) -> NDArray[np.int64]:
    points, _ = placed(texels_of(head, size), head, head.v_template)
    found = cKDTree(points).query(points * np.array([-1, 1, 1], np.float32), eps=0.3, workers=2)
    return np.asarray(found[1], np.int64)


def _is_hair(rgb: Array, person: Person, grows: Array) -> Doubles:
    """1 for samples that look more like the hair than the skin and lie where hair grows."""
    if person.hair is None:
        return np.zeros(len(rgb))
    colors = lab(rgb)
    nearer = HAIR_BIAS * distance(colors, person.hair) < distance(colors, person.skin)
    return (nearer & (grows > 0.05)).astype(np.float64)


def _mirrored_detail(
    head: HeadModel, texels: Texels, rgb: Array, trust: Array, base: Array
) -> Array:
    other = _mirrored_texels(head, texels.size)
    detail: Array = MIRROR_DETAIL * trust[other, None] * (rgb[other] - base[other])
    return detail


def _strands(
    texels: Texels, rgb: Array, trust: Array, base: Array, hair: Array, drawn: Drawn
) -> Array:
    """Factor [M] of brightness: the drawn strands, as strong as those that are seen."""
    seen = (hair > 0.8) & (trust > 0.7) & (texels.kind == SKIN)
    strength = 0.7
    if seen.sum() > 500:
        gray = np.array([0.3, 0.6, 0.1], np.float32)
        fine = np.log((rgb[seen] @ gray + 0.02) / (base[seen] @ gray + 0.02))
        strength = float(np.std(fine) / max(float(np.std(drawn.strands[seen])), 1e-3))
    factor: Array = np.exp(np.clip(strength, *STRANDS) * drawn.strands * hair)
    return factor


def _rgb(center: Array) -> Doubles:
    color = cv2.cvtColor(np.asarray(center, np.float32)[None, None], cv2.COLOR_Lab2RGB)[0, 0]
    return np.asarray(color, np.float64)
