"""Layers taken to another head: the same place on the face, whatever the layout."""

from dataclasses import replace

import numpy as np
import torch
from scipy.interpolate import RBFInterpolator

from avatars.edits.canvas import Canvas
from avatars.edits.layer import Layer, Placement
from avatars.edits.pictures import Sticker, resampled
from avatars.edits.points import Array, Indices, Points
from avatars.edits.stack import Layers, added, fresh_name
from avatars.edits.tiles import TiledImage
from avatars.head.landmarks import landmark_points
from avatars.head.model import HeadModel
from avatars.head.regions import vertex_mask
from avatars.head.tables import MEDIAPIPE

_FACE_POINTS = 468
_EVERY = 3
_CENTRES = ("ear_left", "ear_right", "neck", "scalp", "nose", "lips", "forehead", "chin")
_LARGE = 0.2
"""Width in u beyond which a picture made for a layout lies on the layout, not on the skin."""

_FLAME_BOXES = {
    "eye_right": (0.29, 0.55, 0.44, 0.70),
    "eye_left": (0.56, 0.55, 0.70, 0.70),
    "nose": (0.40, 0.49, 0.59, 0.62),
    "lips": (0.40, 0.33, 0.59, 0.47),
    "face": (0.17, 0.24, 0.82, 0.81),
}
"""Where FLAME's layout has these regions: u and v from and to."""

_CENTRES_ONLY = ("eye_right", "eye_left", "nose", "lips")


def copied(
    layers: Layers, chosen: Layers, source: Canvas, target: Canvas
) -> tuple[Layers, tuple[str, ...]]:
    """Layers of another avatar put on top of these, and sentences on what did not come along.

    On the same head everything keeps its texture coordinates. On another one stickers go to the
    matching point of the skin and pictures are read there texel by texel.

    Args:
        layers: the target's own.
        chosen: those to copy, the lowest first.
        source: the head they come from.
        target: the head they go to.
    """
    same = _same_layout(source.head, target.head)
    rows = None if same else matching_rows(source, target)
    notices = []
    for layer in chosen:
        if layer.region is not None and not _has(target.head, layer.region):
            notices.append(f"'{layer.name}' was left out: this head has no '{layer.region}'.")
            continue
        moved = replace(
            layer,
            name=fresh_name(layers, layer.name),
            image=_carried(layer.image, source, target, rows),
            mask=_carried(layer.mask, source, target, rows),
            placement=_placed(layer, source, target, same),
        )
        layers = added(layers, moved)
    return layers, tuple(notices)


def matching_points(points: Points, source: Canvas, target: Canvas) -> Points:
    """The points of the target's surface that match points of the source's."""
    places = _warp(source, target)(source.positions_at(points))
    part = _part_in(target, source, int(source.part_of_face[points.face[0]]))
    return target.nearest(places, part)


def matching_rows(source: Canvas, target: Canvas) -> Indices:
    """For each texel of the target's canvas the row of the source's that matches it, -1: none."""
    places = _warp(target, source)(target.positions)
    rows = np.full(len(target), -1, np.int64)
    for number in range(len(target.part_names)):
        here = target.part == number
        part = _part_in(source, target, number)
        if here.any() and part is not None:
            rows[here] = source.nearest_rows(places[here], part)
    return rows


def suggested(sticker: Sticker, canvas: Canvas) -> Placement:
    """Where a sticker goes that was made for FLAME's layout, on any head.

    Raises:
        ValueError: the sticker says nothing of where it belongs.
    """
    if sticker.uv is None:
        raise ValueError("this sticker belongs nowhere in particular")
    uv, size = np.array(sticker.uv), sticker.size
    if not is_flame(canvas.head):
        half = np.array([size / 2, 0.0])
        ends = np.array([uv, uv - half, uv + half])
        middle, left, right = _from_flame(canvas.head, ends)
        uv, size = middle, float(np.linalg.norm(right - left))
    flat = is_flame(canvas.head) or size > _LARGE
    return Placement((float(uv[0]), float(uv[1])), size, space="uv" if flat else "surface")


def is_flame(head: HeadModel) -> bool:
    """Whether a head has FLAME's texture layout."""
    return head.vertex_count == 5023 and "flame" in f"{head.version} {head.name}".lower()


def _same_layout(first: HeadModel, second: HeadModel) -> bool:
    if first is second or first.fingerprint == second.fingerprint:
        return True
    return (
        first.uvs.shape == second.uvs.shape
        and torch.equal(first.uv_faces.cpu(), second.uv_faces.cpu())
        and bool((first.uvs.cpu() - second.uvs.cpu()).abs().max() < 1e-5)
    )


def _carried(
    image: TiledImage | None, source: Canvas, target: Canvas, rows: Indices | None
) -> TiledImage | None:
    if image is None:
        return None
    if rows is None:
        if image.size == target.size:
            return image
        return TiledImage.from_pixels(resampled(image.pixels(), target.size))
    found = image.read(source.index[np.maximum(rows, 0)])
    found[rows < 0] = 0
    return TiledImage.empty(target.size).written(target.index, found)


def _placed(layer: Layer, source: Canvas, target: Canvas, same: bool) -> Placement | None:
    place = layer.placement
    if place is None or same:
        return place
    points, on = source.points_at_uv(np.array([place.uv]))
    if not on[0]:
        return place
    there = matching_points(points, source, target)
    uv = target.uv_at(there)[0]
    size = place.size * source.unit_length / target.unit_length
    return replace(place, uv=(float(uv[0]), float(uv[1])), size=size, space="surface")


def _part_in(canvas: Canvas, other: Canvas, number: int) -> int | None:
    """The number in ``canvas`` of a part that has ``number`` in ``other``."""
    name = other.part_names[number]
    return canvas.part_names.index(name) if name in canvas.part_names else None


def _warp(source: Canvas, target: Canvas) -> RBFInterpolator:
    """Space round one head to space round the other: their landmarks onto each other."""
    pairs = [_anchors(source, target), _anchors(target, source)]
    return RBFInterpolator(pairs[0], pairs[1], kernel="linear", degree=1, smoothing=1e-6)


def _anchors(canvas: Canvas, other: Canvas) -> Array:
    """Places [K, 3] that both heads know, in the same order on either."""
    heads = (canvas.head, other.head)
    found = []
    if all(MEDIAPIPE in head.landmarks for head in heads):
        vertices = torch.from_numpy(canvas.vertices).to(canvas.head.v_template.dtype)
        marks = landmark_points(canvas.head, vertices)[:_FACE_POINTS:_EVERY]
        found.append(marks.numpy().astype(np.float64))
    centres = [
        canvas.vertices[vertex_mask(canvas.head, name).numpy()].mean(axis=0)
        for name in _CENTRES
        if all(_has(head, name) for head in heads)
    ]
    low, high = canvas.vertices.min(axis=0), canvas.vertices.max(axis=0)
    corners = [np.where([x, y, z], high, low) for x in (0, 1) for y in (0, 1) for z in (0, 1)]
    if centres:
        found.append(np.array(centres))
    if not found:
        found.append(np.array(corners))
    places, first = np.unique(np.concatenate(found).round(9), axis=0, return_index=True)
    del places
    return _unique_in_both(np.concatenate(found), first)


def _unique_in_both(places: Array, first: Indices) -> Array:
    """All places, those that coincide moved apart by a hair so that the system can be solved."""
    twins = np.setdiff1d(np.arange(len(places)), first)
    moved = places.copy()
    moved[twins] += 1e-6 * (1 + np.arange(len(twins)))[:, None]
    return moved


def _has(head: HeadModel, name: str) -> bool:
    if name in ("hair", "skin"):
        return name == "skin" or "scalp" in head.regions
    return name in head.regions and bool(head.regions[name].any())


def _from_flame(head: HeadModel, uv: Array) -> Array:
    """Texture coordinates [K, 2] of FLAME's layout at the same places of this head's."""
    theirs, ours = [], []
    uvs = head.uvs.cpu().numpy().astype(np.float64)
    corners = head.uv_faces.cpu().numpy()
    for name, (left, low, right, high) in _FLAME_BOXES.items():
        if not _has(head, name):
            continue
        mask = vertex_mask(head, name).cpu().numpy()[head.faces_numpy].all(axis=1)
        if not mask.any():
            continue
        places = uvs[corners[mask].reshape(-1)]
        box = (*places.min(axis=0), *places.max(axis=0))
        theirs += _marks((left, low, right, high), name)
        ours += _marks(box, name)
    if len(theirs) < 4:
        return uv
    warp = RBFInterpolator(np.array(theirs), np.array(ours), kernel="linear", degree=1)
    found: Array = warp(uv)
    return found


def _marks(box: tuple[float, ...], name: str) -> list[tuple[float, float]]:
    """The middle of a box, and of the whole face's its corners and sides as well."""
    left, low, right, high = box
    middle = ((left + right) / 2, (low + high) / 2)
    if name in _CENTRES_ONLY:
        return [middle]
    shares = [(a, b) for a in (0.0, 0.5, 1.0) for b in (0.0, 0.5, 1.0) if (a, b) != (0.5, 0.5)]
    return [(left + a * (right - left), low + b * (high - low)) for a, b in shares]
