"""Soft masks of the named regions on a map, following the picture where the region is a colour."""

import cv2
import numpy as np

from avatars.edits.lab import to_lab
from avatars.edits.layout import Layout
from avatars.edits.points import Floats, Mask
from avatars.errors import HeadMismatch
from avatars.head.regions import vertex_mask
from avatars.maps import AttributeMaps
from avatars.remembered import Remembered

LIP = ("lips", "brow_left", "brow_right")
"""Regions whose border is refined along the picture's own edges."""

_INSIDE = ("mouth_inner", "teeth_upper", "teeth_lower", "tongue")
_REFINED = 0.012  # of the map's side: how far an edge may move
_SOFT = 0.003  # of the map's side
_HAIR_REACH = 0.06  # metres from the scalp over which hair may hang
_HAIR_STANDS = 0.0015  # metres off the skin from which it is hair whatever its colour
_WIDE = 0.025  # of the map's side: how far from its rim the scalp counts as deep
_GAP = 0.012  # of the map's side: strands as wide are closed
_LAB_WEIGHTS = np.array([0.6, 1.3, 1.3], np.float32)

_kept: Remembered[dict[str, Floats]] = Remembered(4)


def region_weights(layout: Layout, maps: AttributeMaps, name: str) -> Floats:
    """How much each texel belongs to a region: [R, R] 0..1, read-only.

    ``hair`` is what stands off the scalp or hangs near it in the colour of the hair that grows
    there, and ``skin`` leaves it out; the other regions are the head's own.

    Args:
        layout: of the maps.
        maps: the avatar's own, before any edit.
        name: one of ``avatars.head.regions.REGIONS``.

    Raises:
        HeadMismatch: there is no such region on this head.
    """
    found = _kept.get((layout, maps), dict)
    if name not in found:
        weights = hair_weights(layout, maps) if name == "hair" else _plain(layout, maps, name)
        weights.flags.writeable = False
        found[name] = weights
    return found[name]


def hair_weights(layout: Layout, maps: AttributeMaps) -> Floats:
    """The mask [R, R] of the hair; all of the scalp where its colour is no other than the skin's.

    Raises:
        HeadMismatch: the head has no scalp.
    """
    scalp = _vertex_weights(layout, "scalp")
    rgb = _colors(layout, maps)
    lab = to_lab(rgb)
    grown = scalp > 0.9
    try:
        bare = (_vertex_weights(layout, "face") > 0.9) & (scalp < 0.1)
    except HeadMismatch:
        bare = (layout.part == 0) & (scalp < 0.1)
    if not grown.any():
        raise HeadMismatch(f"The head '{layout.head.name}' has no scalp.", "Choose another region.")
    near = _nearness(layout, grown)
    stands = np.linalg.norm(maps.offset.detach().cpu().numpy(), axis=-1).reshape(-1)
    lifted = _step(stands[layout.index], 0.5 * _HAIR_STANDS, _HAIR_STANDS)
    hair, hair_spread = _middle(lab[grown])
    skin, skin_spread = _middle(lab[bare]) if bare.any() else (hair, hair_spread)
    to_hair = np.linalg.norm((lab - hair) * _LAB_WEIGHTS, axis=1) / hair_spread
    to_skin = np.linalg.norm((lab - skin) * _LAB_WEIGHTS, axis=1) / skin_spread
    own = 1 / (1 + np.exp(np.clip(2.5 * (to_hair - to_skin), -30, 30)))
    # Well inside the scalp all is hair, highlights too; at its rim skin shows between the hairs.
    deep = _step(_wide(layout, scalp), 0.75, 0.98)
    weights = np.maximum(own * near, 0.95 * deep) * _no_features(layout) * (layout.part == 0)
    weights = np.maximum(weights, 0.9 * lifted * near * np.clip(2 * own + 0.3, 0, 1))
    soft = _refined(layout, _closed(layout, weights.astype(np.float32)), rgb)
    return np.clip(soft * 1.3 - 0.15, 0, 1).astype(np.float32)


def _plain(layout: Layout, maps: AttributeMaps, name: str) -> Floats:
    weights = _vertex_weights(layout, name)
    if name in LIP:
        soft = _refined(layout, weights, _colors(layout, maps))
        return np.clip(1.8 * soft - 0.4, 0, 1).astype(np.float32)
    if name == "skin":
        return layout.as_map(weights) * (1 - _hair_or_none(layout, maps))
    if name in _INSIDE or name.startswith(("iris", "eyeball")):
        return layout.as_map(weights)
    return np.clip(_blurred(layout, weights), 0, 1)


def _hair_or_none(layout: Layout, maps: AttributeMaps) -> Floats:
    try:
        return region_weights(layout, maps, "hair")
    except HeadMismatch:
        return np.zeros((layout.size, layout.size), np.float32)


def _no_features(layout: Layout) -> Floats:
    """[M] 0 on brows and eyes, which often have the hair's colour."""
    out = np.ones(len(layout), np.float32)
    for name in ("brow_left", "brow_right", "eye_left", "eye_right"):
        try:
            weights = _vertex_weights(layout, name)
        except HeadMismatch:
            continue
        wide = _wide(layout, weights, 0.01)
        out *= 1 - _step(wide, 0.02, 0.3)
    return out


def _wide(layout: Layout, weights: Floats, share: float = _WIDE) -> Floats:
    """[M] the mask smoothed over a ``share`` of the map's side."""
    used = layout.as_map(np.ones(len(layout), np.float32))
    soft, total = (
        cv2.GaussianBlur(values, (0, 0), share * layout.size)
        for values in (layout.as_map(weights), used)
    )
    found: Floats = (soft / np.maximum(total, 1e-6)).reshape(-1)[layout.index]
    return found


def _closed(layout: Layout, weights: Floats) -> Floats:
    """[M] the mask with small gaps closed: shining strands amid hair."""
    side = 2 * max(1, round(_GAP * layout.size)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    filled = cv2.morphologyEx(layout.as_map(weights), cv2.MORPH_CLOSE, kernel)
    out: Floats = np.maximum(filled.reshape(-1)[layout.index], weights)
    return out


def _vertex_weights(layout: Layout, name: str) -> Floats:
    """[M] the region's vertex mask between the vertices."""
    mask = vertex_mask(layout.head, name).cpu().numpy().astype(np.float32)
    corners = layout.head.faces_numpy[layout.points.face]
    weights: Floats = (mask[corners] * layout.points.barycentrics).sum(axis=1, dtype=np.float32)
    return weights


def _colors(layout: Layout, maps: AttributeMaps) -> Floats:
    rgb = maps.rgb.detach().cpu().numpy().reshape(-1, 3)[layout.index]
    return np.ascontiguousarray(np.clip(rgb, 0, 1), np.float32)


def _nearness(layout: Layout, grown: Mask) -> Floats:
    """[M] 1 on the scalp, falling to 0 away from it; 0 on the neck's front."""
    from scipy.spatial import cKDTree

    tree = cKDTree(layout.template_positions[grown][::7])
    away = np.asarray(tree.query(layout.template_positions, distance_upper_bound=_HAIR_REACH)[0])
    return 1 - _step(np.minimum(away, 1.0), 0.6 * _HAIR_REACH, _HAIR_REACH)


def _middle(lab: Floats) -> tuple[Floats, float]:
    """Median colour and how far half of the colours are from it, at least 6."""
    middle = np.median(lab, axis=0)
    away = np.linalg.norm((lab - middle) * _LAB_WEIGHTS, axis=1)
    return middle, max(6.0, float(np.median(away)))


def _blurred(layout: Layout, weights: Floats) -> Floats:
    """The mask [R, R] smoothed inside each island of the layout by itself."""
    out = np.zeros(len(layout), np.float32)
    sigma = _SOFT * layout.size
    for island in np.unique(layout.island[weights > 0]):
        here = layout.island == island
        soft, share = (
            cv2.GaussianBlur(layout.as_map(np.where(here, values, 0)), (0, 0), sigma)
            for values in (weights, np.float32(1))
        )
        mean = soft / np.maximum(share, 1e-6)
        out[here] = mean.reshape(-1)[layout.index[here]]
    return layout.as_map(out)


def _refined(layout: Layout, weights: Floats, rgb: Floats) -> Floats:
    """The mask moved to the edges of the picture nearby: a guided filter (He, Sun, Tang 2010)."""
    used = layout.as_map(np.ones(len(layout), np.float32))
    grey = layout.as_map(rgb @ np.array([0.3, 0.59, 0.11], np.float32))
    # Redness tells lips from skin where lightness does not.
    red = layout.as_map(rgb[:, 0] - 0.5 * (rgb[:, 1] + rgb[:, 2]))
    mask = layout.as_map(weights)
    side = 2 * max(2, round(_REFINED * layout.size)) + 1

    def mean(values: Floats) -> Floats:
        summed: Floats = cv2.boxFilter(values * used, -1, (side, side)) / total
        return summed

    total = np.maximum(cv2.boxFilter(used, -1, (side, side)), 1e-6)
    guides, middle = (grey, red), mean(mask)
    means = [mean(guide) for guide in guides]
    cov = [mean(guide * mask) - m * middle for guide, m in zip(guides, means, strict=True)]
    a00 = mean(grey * grey) - means[0] ** 2 + 4e-4
    a11 = mean(red * red) - means[1] ** 2 + 4e-4
    a01 = mean(grey * red) - means[0] * means[1]
    det: Floats = a00 * a11 - a01 * a01
    slopes = ((a11 * cov[0] - a01 * cov[1]) / det, (a00 * cov[1] - a01 * cov[0]) / det)
    level = middle - slopes[0] * means[0] - slopes[1] * means[1]
    out = mean(slopes[0]) * grey + mean(slopes[1]) * red + mean(level)
    return (np.clip(out, 0, 1) * used).astype(np.float32)


def _step(values: Floats, low: float, high: float) -> Floats:
    share = np.clip((values - low) / (high - low), 0, 1)
    smooth: Floats = share * share * (3 - 2 * share)
    return smooth
