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

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from avatars.head.model import HeadModel
from avatars.texturing.drawn import Drawn
from avatars.texturing.grain import grain
from avatars.texturing.person import Person, distance, lab, rgb_of
from avatars.texturing.regions import Places
from avatars.texturing.seen import Seen, smoothstep
from avatars.texturing.texels import SKIN, Array, Texels, placed, texels_of
from avatars.texturing.trust import Belief, Surface
from avatars.tracking.spread import factorised, graph_laplacian

Doubles = NDArray[np.float64]

HAIR_STIFFNESS, SKIN_STIFFNESS, LIP_STIFFNESS = 0.15, 0.3, 0.1
PULL = 2e-4  # of every vertex to the layer's median, so that far points do not drift
LIP_PULL = 0.02
MIRROR_WEIGHT, MIRROR_DETAIL = 0.06, 0.6
HAIR_BIAS = 0.65  # hair wins ties: dark skin in shadow is rarer above the hairline than hair
FADE = 0.025  # metres over which the difference between photo and fill dies away
FAR_PULL = 1e-3  # the same for skin, where jaw and collar would lead the neck astray
BEHIND = (-0.04, 0.02)  # metres from the ears' plane between which both sides become one
EAR_SHADING = (0.45, 1.15)
MIRROR_MOST = 1.3  # factor of brightness that skin takes from the other half
DARKEST = 0.03
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
    belief: Belief,
    shade: Array,
    person: Person,
    where: Places,
    drawn: Drawn | None,
    base: Array,
    seed: int,
) -> Filled:
    """Final colours of all skin texels from seen colours and how far they are believed.

    Args:
        head: the head; its mirror image is looked up by position.
        texels: its texels.
        seen: what the photo says.
        belief: how far it is believed, strangers excluded.
        shade: [M] relative brightness of the light on skin.
        person: the person's colours.
        where: regions.
        drawn: the head's drawn looks, or None.
        base: [M, 3] texels of the mean head, metres.
        seed: of the skin's grain.
    """
    skin_texels = texels.kind == SKIN
    rgb = seen.rgb
    lids = 1 - (1 - LID_TRUST) * where.lids
    trust = belief.detail * lids
    sheets = _Sheets(head, texels, np.where(skin_texels, belief.tone * lids, 0.0))
    grows = where.scalp if drawn is None else np.maximum(drawn.hair, 0.0)
    hairy = _is_hair(belief.rgb, person, np.maximum(where.under_hair, grows) * (1 - where.ears))
    lips = smoothstep(where.lips, 0.4, 0.9)
    smooth, hair = _layers(
        sheets, belief.rgb, shade, hairy, grows, lips, person, where, belief.covered
    )
    relief = _relief(texels, where, drawn, hair)
    smooth = np.clip(smooth + sheets.carried_on(belief.rgb - smooth * relief), 0, 1) * relief
    made = smooth * _mirrored_detail(head, texels, rgb, trust, smooth, hair)
    if drawn is not None:
        made = made * _strands(texels, rgb, trust, smooth, hair, drawn)[:, None]
    plain = skin_texels & (np.maximum(hair, where.features) < 0.1)
    squarely = (trust > 0.8) & (seen.facing > 0.5) & (where.ears < 0.1)
    fine = grain(Surface(head, texels), base, rgb, plain, squarely, seed)
    bare = (1 - hair) * (1 - lips) * (1 - _known_twin(head, texels, trust))
    made = made * np.exp(fine * bare)[:, None]
    kept = trust[:, None]
    lashes = where.lashes[:, None] * (1 - kept)
    made = made * (1 - lashes * (1 - LASH))
    final = kept * rgb + (1 - kept) * np.clip(made, 0, 1)
    final[~skin_texels] = 0
    return Filled(final.astype(np.float32), trust.astype(np.float32), hair)


def _layers(
    sheets: "_Sheets",
    rgb: Array,
    shade: Array,
    hairy: Doubles,
    grows: Array,
    lips: Array,
    person: Person,
    where: Places,
    covered: Array,
) -> tuple[Array, Array]:
    """Smooth colours [M, 3] of hair, skin and lips, and how much of each texel is hair, [M]."""
    texels = sheets.texels
    center = person.hair if person.hair is not None else person.skin
    hair_layer = sheets.layer(rgb, hairy, HAIR_STIFFNESS, center)
    flat = rgb / shade[:, None]
    skin_layer = sheets.layer(
        flat, (1 - hairy) * (1 - lips), SKIN_STIFFNESS, person.skin, FAR_PULL, even_behind=True
    )
    lip_center = person.lips if person.lips is not None else person.skin
    lip_layer = sheets.layer(rgb, lips.astype(np.float64), LIP_STIFFNESS, lip_center, LIP_PULL)
    hair = np.maximum(sheets.share(hairy, grows, where.under_hair), covered)
    skin = texels.gather(skin_layer) * shade[:, None]
    skin = skin + (texels.gather(lip_layer) - skin) * lips[:, None]
    return skin + (texels.gather(hair_layer) - skin) * hair[:, None], hair


def _relief(texels: Texels, where: Places, drawn: Drawn | None, hair: Array) -> Array:
    """Factor [M, 3] of the shading that an unseen ear has of itself."""
    factor = np.ones((len(texels.index), 3), np.float32)
    if drawn is None:
        return factor
    bare = (where.ears > 0.5) & (drawn.hair < 0.02)
    if not bare.any():
        return factor
    # Shading alone: how red an ear is drawn says nothing of this person's.
    light = drawn.rgb.mean(axis=1)
    shading = np.clip(light / max(float(np.quantile(light[bare], 0.8)), 1e-3), *EAR_SHADING)
    factor += ((shading - 1) * where.ears * (1 - np.maximum(drawn.hair, hair)))[:, None]
    return factor


class _Sheets:
    """Smooth layers of colour on the vertices from weighted texels."""

    def __init__(self, head: HeadModel, texels: Texels, weight: Doubles) -> None:
        self.texels, self.weight = texels, weight
        self.laplacian = graph_laplacian(head)
        self.mirror = mirrored_vertices(head)
        depth = head.v_template.cpu().numpy()[:, 2]
        self.behind = 1 - smoothstep(depth, *BEHIND)
        # The map's resolution must not change how strongly samples pull.
        self.scale = (256 / texels.size) ** 2
        self.count = head.vertex_count

    def layer(
        self,
        rgb: Array,
        share: Doubles,
        stiffness: float,
        center: Array,
        pull: float = PULL,
        *,
        even_behind: bool = False,
    ) -> Array:
        """[V, 3] harmonic extension of the colours [M, 3], each counting by its share [M].

        What one side says reaches neck and nape of the other too with ``even_behind``.
        """
        sums = self._sums(rgb, self.weight * share)
        sums += MIRROR_WEIGHT * sums[self.mirror]
        system = stiffness * self.laplacian + sp.diags(sums[:, 3] + pull)
        right = sums[:, :3] + pull * rgb_of(center)
        solved = self._solved(system, right)
        if even_behind:
            other = 0.5 * self.behind[:, None]
            solved += other * (solved[self.mirror] - solved)
        return solved

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
    head: HeadModel, texels: Texels, rgb: Array, trust: Array, smooth: Array, hair: Array
) -> Array:
    """Factor [M, 3]: what the other half's photo shows finer than the smooth colours there."""
    other = _mirrored_texels(head, texels.size)
    alike = 1 - np.abs(hair - hair[other])
    share = MIRROR_DETAIL * trust[other] * alike
    ratio = (rgb[other] + DARKEST) / (smooth[other] + DARKEST)
    # Locks and shadows of one side are no detail of the other side's skin.
    most = MIRROR_MOST + (3.0 - MIRROR_MOST) * hair[:, None]
    factor: Array = 1 + share[:, None] * (np.clip(ratio, 1 / most, most) - 1)
    return factor


def _known_twin(head: HeadModel, texels: Texels, trust: Array) -> Array:
    """[M] how much of each texel's detail comes from the other half."""
    twin: Array = MIRROR_DETAIL * trust[_mirrored_texels(head, texels.size)]
    return twin


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
