"""`avatar-gui edit`: stickers, paint, colours and styles laid over an avatar."""

import argparse
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from app.avatar_io import load_avatar, write_avatar
from app.cli import print_result
from app.edit_flags import Edit
from app.notices import say
from app.pictures import encoded
from app.render import Orbit
from app.shots import front_shot
from avatars.edits.actions import baked, import_map, shown_colors
from avatars.edits.brush import painted
from avatars.edits.canvas import Canvas, canvas_for
from avatars.edits.carry import suggested
from avatars.edits.compose import compose
from avatars.edits.layer import SIZE, Adjustment, Layer, Placement
from avatars.edits.pictures import read_sticker
from avatars.edits.points import Points
from avatars.edits.stack import Layers, changed, fresh_id, fresh_name
from avatars.edits.stored import layers_from_files, layers_to_files
from avatars.edits.strokes import parse_color, read_strokes
from avatars.edits.style import style_layer
from avatars.edits.tiles import TiledImage
from avatars.files.avatar_file import StoredAvatar
from avatars.head.regions import vertex_mask
from avatars.kinds.uv_avatar import UvAvatar
from renderer.errors import UserError
from renderer.rasterizer import choose_rasterizer

THUMB = 256


def run(options: argparse.Namespace) -> int:
    """Edit, write, list; exit code 0.

    Raises:
        UserError: a flag, a file or an edit cannot be used; nothing is written then.
    """
    edits: list[Edit] = options.edits
    if not edits and not options.list_layers:
        raise UserError("There is nothing to do.", "Give an edit such as --sticker, or see --help.")
    output: Path | None = options.output
    if edits and output is None:
        raise UserError("The edited avatar has no name.", "Add -o OUT.avatar.")
    if output is not None and output.suffix.lower() != ".avatar":
        raise UserError(f"{output.name} is no avatar file.", "End the name in .avatar.")
    stored = load_avatar(options.avatar)
    layers = layers_from_files(stored.layers, stored.layer_files)
    avatar = stored.avatar
    for edit in edits:
        avatar, layers = apply(edit, avatar, layers, seed=options.seed)
    if output is not None:
        described, files = layers_to_files(layers)
        made = replace(stored, avatar=avatar, layers=described, layer_files=files)
        if edits:
            made = replace(made, thumb=_thumbnail(made, layers, options.device))
        write_avatar(output, made)
        say(f"Wrote {output} ({_counted(layers)})")
    if options.list_layers:
        print_result(_listed_json(layers) if options.json else _listed(layers))
    return 0


def apply(
    edit: Edit, avatar: UvAvatar, layers: Layers, *, seed: int = 0
) -> tuple[UvAvatar, Layers]:
    """The avatar and its layers after one edit.

    Raises:
        UserError: what the edit names cannot be used; nothing is changed then.
    """
    if edit.kind == "bake-layers":
        return baked(avatar, layers), ()
    add = {
        "sticker": _sticker,
        "paint": _paint,
        "recolor": _recolor,
        "style": _style,
        "import-uv": _import,
    }[edit.kind]
    layers = add(edit, avatar, layers, seed)
    top = layers[-1]
    looks: dict[str, Any] = {
        name: edit.modifiers[name] for name in ("blend", "name") if name in edit.modifiers
    }
    if "opacity" in edit.modifiers:
        looks["opacity"] = top.opacity * edit.modifiers["opacity"]
    layers = changed(layers, top.id, **looks)
    compose(avatar, layers)  # what cannot be shown is refused before anything is written
    return avatar, layers


def region_centre(canvas: Canvas, region: str) -> Points:
    """The point of a region that lies nearest to the middle of it.

    Raises:
        HeadMismatch: there is no such region on this head.
    """
    mask = vertex_mask(canvas.head, region).cpu().numpy()
    middle = canvas.vertices[mask].mean(axis=0)
    rows = canvas.rows_of_faces(mask[canvas.head.faces_numpy].all(axis=1))
    rows = rows[canvas.inside[rows]]
    if not len(rows):
        raise UserError(f"The region '{region}' has no place on the map.", "Choose another one.")
    away = np.linalg.norm(canvas.positions[rows] - middle, axis=1)
    return canvas.points[rows[away.argmin()][None]]


def _sticker(edit: Edit, avatar: UvAvatar, layers: Layers, seed: int) -> Layers:
    path: Path = edit.value
    found = read_sticker(path, avatar.maps.size)
    for notice in found.notices:
        say(notice)
    canvas = canvas_for(avatar)
    more = edit.modifiers
    if "at" in more and "on" in more:
        raise UserError("--at and --on both place the sticker.", "Leave one of them away.")
    if "at" in more:
        canvas.point_at_uv(more["at"])  # says if that is off the head
        place = Placement(more["at"], SIZE, space="uv")
    elif "on" in more:
        u, v = canvas.uv_at(region_centre(canvas, more["on"]))[0].tolist()
        place = Placement((u, v), SIZE)
    elif found.uv is not None:
        place = suggested(found, canvas)
    else:
        raise UserError(
            f"Nothing says where {path.name} goes.", "Add --at U,V or --on REGION behind it."
        )
    place = replace(
        place,
        size=more.get("size", place.size),
        angle=math.radians(more.get("angle", 0.0)),
        mirror="mirror" in more,
    )
    stem = path.stem.removesuffix("_content").removesuffix("_mask")
    return (
        *layers,
        Layer(
            id=fresh_id(layers),
            name=fresh_name(layers, stem[:200]),
            kind="sticker",
            picture=found.picture,
            placement=place,
            note=path.name[:200],
        ),
    )


def _paint(edit: Edit, avatar: UvAvatar, layers: Layers, seed: int) -> Layers:
    strokes = read_strokes(edit.value)
    canvas = canvas_for(avatar)
    layer = Layer(
        id=fresh_id(layers),
        name=fresh_name(layers, "Paint"),
        kind="paint",
        image=TiledImage.empty(canvas.size),
        region=_known(canvas, edit.modifiers.get("on")),
        note=edit.value.name[:200],
    )
    for stroke in strokes:
        assert layer.image is not None
        beneath = None
        if stroke.brush.tool == "blur":
            beneath = shown_colors(avatar, (*layers, layer))
        layer = replace(layer, image=painted(layer.image, stroke, canvas, beneath=beneath))
    return (*layers, layer)


def _recolor(edit: Edit, avatar: UvAvatar, layers: Layers, seed: int) -> Layers:
    region, color = edit.value
    _known(canvas_for(avatar), region)
    layer = Layer(
        id=fresh_id(layers),
        name=fresh_name(layers, f"{region} {color}"),
        kind="adjust",
        region=region,
        adjustment=Adjustment(color=parse_color(color)),
    )
    return (*layers, layer)


def _style(edit: Edit, avatar: UvAvatar, layers: Layers, seed: int) -> Layers:
    region = _known(canvas_for(avatar), edit.modifiers.get("on"))
    layer = style_layer(
        shown_colors(avatar, layers),
        avatar.maps.valid.cpu().numpy(),
        edit.value,
        id=fresh_id(layers),
        strength=edit.modifiers.get("strength", 1.0),
        region=region,
        seed=seed,
    )
    return (*layers, replace(layer, name=fresh_name(layers, layer.name[:200])))


def _import(edit: Edit, avatar: UvAvatar, layers: Layers, seed: int) -> Layers:
    found, notices = import_map(avatar, layers, edit.value)
    for notice in notices:
        say(notice)
    fresh = [layer for layer in found if not any(layer is old for old in layers)]
    rest = tuple(layer for layer in found if layer is not fresh[0])
    return (*rest, fresh[0])  # what was imported last lies on top


def _known(canvas: Canvas, region: str | None) -> str | None:
    """The region's name, if the head has it."""
    if region is not None:
        vertex_mask(canvas.head, region)
    return region


def _thumbnail(stored: StoredAvatar, layers: Layers, device: Any) -> bytes:
    rasterizer = choose_rasterizer(device, announce=say)
    avatar = stored.avatar
    shot = front_shot(avatar, stored.state, Orbit(), THUMB)
    there = rasterizer.device
    splats = avatar.pose(shot.state, compose(avatar, layers).maps).to(there)
    return encoded(rasterizer.draw(splats, shot.camera, None).rgba.cpu().numpy())


def _counted(layers: Layers) -> str:
    return "no layers" if not layers else f"{len(layers)} layer{'s' if len(layers) > 1 else ''}"


def _listed(layers: Layers) -> str:
    if not layers:
        return "no layers"
    rows: list[str] = []
    for layer in reversed(layers):
        shown = "" if layer.visible else "  hidden"
        where = "" if layer.region is None else f"  on {layer.region}"
        rows.append(
            f"{layer.kind:<9} {layer.opacity:4.0%}  {layer.blend:<10} {layer.name}{where}{shown}"
        )
    return "\n".join(rows)


def _listed_json(layers: Layers) -> str:
    described: Callable[[Layer], dict[str, object]] = lambda layer: {  # noqa: E731
        "id": layer.id,
        "name": layer.name,
        "kind": layer.kind,
        "visible": layer.visible,
        "solo": layer.solo,
        "opacity": layer.opacity,
        "blend": layer.blend,
        "region": layer.region,
        "at": None if layer.placement is None else list(layer.placement.uv),
        "size": None if layer.placement is None else layer.placement.size,
        "angle": None if layer.placement is None else math.degrees(layer.placement.angle),
        "mirror": None if layer.placement is None else layer.placement.mirror,
    }
    return json.dumps({"layers": [described(layer) for layer in layers]}, indent=2)
