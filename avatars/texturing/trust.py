"""How far the photo is believed on each part of the surface: whole areas, ending softly.

A texel alone says little. What is seen along the surface is smeared, slivers between collar and jaw
are flecks as soon as the head turns, and light that grazes the rim of a face belongs to the room.
So belief is decided for areas: it begins inside the border of what is seen and grows over a wide
band, islands go, and the tone of the band still counts where its detail does not.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from avatars.head.model import HeadModel
from avatars.texturing.person import LAB_WEIGHTS, Person, distance, lab, ramp, rgb_of
from avatars.texturing.regions import Places
from avatars.texturing.seen import Seen, smoothstep
from avatars.texturing.texels import SKIN, Array, Mask, Texels
from avatars.tracking.spread import factorised, graph_laplacian

FEATHER = 10.0  # stiffness of the border: about 6 mm
WIDE = 30.0  # the same on the neck: about 10 mm
SOFT, STRICT = (0.15, 0.5), (0.35, 0.8)  # smoothed share at which belief begins and is full
NECK = (0.6, 0.95)
EAR = (0.35, 0.6)  # share of an ear's visible side that must look like skin
ENOUGH = 50  # texels of an ear to judge it by
FAR = 100.0  # stiffness of what is decided for a large part of an ear: about 20 mm
COVERED = (0.4, 0.7)  # smoothed share of hair at which an ear is under it
TONE_STEEP = (0.12, 0.35)  # cosine to the view over which tone begins to count in detail
TONE_LEAST = 0.08
ISLAND = 6e-4  # square metres that are the least to be believed
STEEP, SQUARE = 0.42, 0.72  # cosine to the view between which odd light is believed
RIM_BRIGHT, RIM_DARK = (1.5, 3.5), (4.0, 8.0)  # spreads of the skin's colour that are odd there
RIM_MOST = (0.35, 1.0)  # of the logarithm of brightness by which it may depart, up and down
TONE_ASIDE = 0.03  # weight of what neck and ears show in the smooth colours


@dataclass(frozen=True, eq=False)
class Belief:
    """What to take from the photo at M texels.

    Attributes:
        detail: [M] 0..1 how much of the final colour is the photo's.
        tone: [M] 0..1 weight of the photo in the smooth colours underneath.
        rgb: [M, 3] the colours for these, light at the rim tamed.
        covered: [M] 0..1 how much of an ear lies under hair.
    """

    detail: Array
    tone: Array
    rgb: Array
    covered: Array


class Surface:
    """Means and smooth fields over the vertices of a head's skin."""

    def __init__(self, head: HeadModel, texels: Texels) -> None:
        self.head, self.texels = head, texels
        self.skin = (texels.kind == SKIN).astype(np.float64)
        self.count = head.vertex_count
        self.number = texels.scatter(self.skin[:, None], self.count)[:, 0]
        self.known = self.number > 0

    def mean(self, values: NDArray[Any], weight: Array | None = None) -> NDArray[np.float64]:
        """[V] weighted means of texel values [M]; 0 where there are none."""
        share = self.skin if weight is None else self.skin * weight
        sums = self.texels.scatter(np.column_stack([share * values, share]), self.count)
        means: NDArray[np.float64] = sums[:, 0] / np.maximum(sums[:, 1], 1e-9)
        return means

    def smooth(
        self, values: NDArray[np.float64], weight: NDArray[np.float64], stiffness: float
    ) -> NDArray[np.float64]:
        """[V, ...] values that hold by weight [V] and are smooth in between."""
        system = stiffness * graph_laplacian(self.head) + sp.diags(weight + 1e-4)
        right = (weight * values.T).T
        solved: NDArray[np.float64] = factorised(sp.csc_matrix(system)).solve(
            np.ascontiguousarray(right)
        )
        return solved


def believed(
    head: HeadModel,
    texels: Texels,
    seen: Seen,
    trust: Array,
    person: Person,
    where: Places,
    shade: Array,
) -> Belief:
    """What the photo is good for at each texel.

    Args:
        head: the head.
        texels: its texels.
        seen: what the photo says.
        trust: [M] 0..1 of single texels, strangers excluded.
        person: the person's colours.
        where: regions.
        shade: [M] relative brightness of the light on skin.
    """
    surface = Surface(head, texels)
    real, covered = _ears(surface, seen, trust, person, where)
    trust = trust * real
    ordinary, rgb = _ordinary_light(surface, seen, trust, person, where, shade)
    aside = np.maximum(where.neck, where.ears)
    # What is smeared tells the tone of a large part, not of a spot.
    square = smoothstep(seen.facing, *TONE_STEEP) * (1 - where.scalp) + where.scalp
    tone = trust * (TONE_LEAST + (1 - TONE_LEAST) * square)
    tone *= 1 - (1 - TONE_ASIDE) * aside
    trust = trust * ordinary
    share = surface.mean(trust)
    inner = _openings(head)
    # Openings of eyes and mouth have no trust, but no border to hide either.
    open_share = np.where(inner, 1.0, share)
    known = np.where(inner | ~surface.known, 0.05, 1.0)
    soft = texels.gather(surface.smooth(open_share, known, FEATHER).astype(np.float32))
    wide = texels.gather(surface.smooth(open_share, known, WIDE).astype(np.float32))
    lenient = np.maximum.reduce([where.scalp, where.features, _middle(head, texels)])
    around = smoothstep(wide, *STRICT)
    around += (smoothstep(soft, *SOFT) - around) * lenient
    around = np.minimum(around, 1 - (1 - smoothstep(wide, *NECK)) * where.neck)
    around = np.maximum(around, texels.gather(inner.astype(np.float32)))
    # Both end at the same border: their product would make it steeper than either.
    detail = np.minimum(trust, around)
    detail = detail * texels.gather(_mainland(surface, surface.mean(detail)))
    return Belief(detail.astype(np.float32), tone.astype(np.float32), rgb, covered)


def _openings(head: HeadModel) -> Mask:
    """[V] around eyes and lips."""
    inner = np.zeros(head.vertex_count, bool)
    for name in ("eye_left", "eye_right", "lips"):
        if name in head.regions:
            inner |= head.regions[name].cpu().numpy()
    return inner


def _middle(head: HeadModel, texels: Texels) -> Array:
    """[M] 1 on the nose, whose sides hide parts of it in most photos."""
    if "nose" not in head.regions:
        return np.zeros(len(texels.index), np.float32)
    return texels.gather(head.regions["nose"].cpu().numpy().astype(np.float32))


def _ordinary_light(
    surface: Surface, seen: Seen, trust: Array, person: Person, where: Places, shade: Array
) -> tuple[Array, Array]:
    """[M] 1, less where skin at the rim is lit as the rest is not; and tamed colours [M, 3].

    Judged on smoothed differences: single texels would tear the light to shreds.
    """
    texels = surface.texels
    colors = lab(seen.rgb / shade[:, None])
    away = colors - person.skin
    spread = 4.5 * person.spread  # of one coordinate, where the whole spreads by nine
    bright = np.maximum(away[:, 0], 0) * 0.6 + np.maximum(-away[:, 2], 0)
    dark = np.maximum(-away[:, 0], 0) * 0.6
    skin = (1 - where.scalp) * (where.features < 0.5) * ~_like_hair(colors, away, person, where)
    weight = trust * skin
    sides = np.column_stack([surface.mean(bright, weight), surface.mean(dark, weight)])
    smooth = surface.smooth(sides, surface.mean(weight), FEATHER) / spread
    odd = texels.gather(smooth.astype(np.float32))
    strange = np.maximum(ramp(odd[:, 0], *RIM_BRIGHT), ramp(odd[:, 1], *RIM_DARK))
    aside = skin * (1 - _middle(surface.head, texels))  # a nose has sides in every light
    strange = strange * (1 - smoothstep(seen.facing, STEEP, SQUARE)) * aside
    usual = rgb_of(person.skin) * shade[:, None]
    ratio = np.log((seen.rgb + 0.02) / (usual + 0.02))
    most = np.where(ratio > 0, *RIM_MOST)
    limited = (usual + 0.02) * np.exp(most * np.tanh(ratio / most)) - 0.02
    tamed = seen.rgb + (limited - seen.rgb) * strange[:, None]
    return (1 - strange).astype(np.float32), np.clip(tamed, 0, 1).astype(np.float32)


def _like_hair(colors: Array, away: Array, person: Person, where: Places) -> Mask:
    """[M] colours that are rather this person's hair, where locks may hang."""
    if person.hair is None:
        return np.zeros(len(colors), bool)
    to_skin = np.linalg.norm(away * LAB_WEIGHTS, axis=1)
    near: Mask = (distance(colors, person.hair) < to_skin) & (where.under_hair > 0.02)
    return near


def _ears(
    surface: Surface, seen: Seen, trust: Array, person: Person, where: Places
) -> tuple[Array, Array]:
    """[M] 0 on ears that are not seen as skin over most of their side; [M] what hair covers.

    Ears have folds, and a fitted ear is rarely where the real one is: patches of hair and shadow on
    one would be all that remains of it. So an ear is either the photo's or smooth, and what of it
    lies under hair is decided for large parts.
    """
    texels, head = surface.texels, surface.head
    factor = np.ones(len(trust), np.float32)
    for name in ("ear_left", "ear_right"):
        if name not in head.regions:
            continue
        ear = texels.gather(head.regions[name].cpu().numpy().astype(np.float32))
        turned = (ear > 0.5) & (seen.facing > 0.3)
        share = float(trust[turned].mean()) if turned.sum() > ENOUGH else 0.0
        factor *= 1 - ear * (1 - ramp(np.array([share]), *EAR))
    if person.hair is None:
        return factor, np.zeros_like(factor)
    colors = lab(seen.rgb)
    hairy = distance(colors, person.hair) < distance(colors, person.skin)
    shown = (seen.sure * smoothstep(seen.facing, 0.0, 0.2) * (where.ears > 0.5)).astype(np.float32)
    amount = surface.mean(shown)
    hair = surface.smooth(surface.mean(hairy, shown), amount, FAR)
    covered = smoothstep(texels.gather(hair.astype(np.float32)), *COVERED)
    return factor, (covered * where.ears).astype(np.float32)


def _mainland(surface: Surface, share: NDArray[np.float64]) -> Array:
    """[V] 1 on areas of belief that are large enough, 0 on islands."""
    faces = surface.head.faces_numpy
    points = surface.head.v_template.detach().cpu().numpy().astype(np.float64)
    corners = points[faces]
    area = np.linalg.norm(
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
    )
    own = np.bincount(faces.ravel(), np.repeat(area / 6, 3), minlength=surface.count)
    land = share > 0.02
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    ends = ends[land[ends].all(axis=1)]
    links = sp.coo_matrix((np.ones(len(ends)), ends.T), shape=(surface.count,) * 2)
    _, label = connected_components(links, directed=False)
    size = np.bincount(label, own * land)
    large = land & (size[label] >= ISLAND)
    # Vertices of the water beside the land belong to it, so that its shore stays soft.
    shore = large.copy()
    both = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    shore[both[large[both[:, 0]], 1]] = True
    shore[both[large[both[:, 1]], 0]] = True
    small = land & ~large
    kept: Array = np.where(small, 0.0, 1.0).astype(np.float32) * shore
    return kept.astype(np.float32)
