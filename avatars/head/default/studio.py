"""Soft studio light on the neutral head: how much of the sky each vertex sees."""

from __future__ import annotations

from typing import Any

import numpy as np

from avatars.head.default.build import NeutralHead
from avatars.head.default.topology import Floats, vertex_normals
from renderer.camera import look_at
from renderer.mesh import draw_mesh, visible_vertices

DIRECTIONS = 72
PICTURE = 256
FAR_AWAY = 4.0
_TOLERANCE = 0.0016


def studio_light(neutral: NeutralHead) -> tuple[Floats, Floats]:
    """Light from the studio and openness to an even sky, both [V], 1 where nothing hides it.

    The studio has a large soft lamp in front above, weak sides, and a bright wall behind, all
    symmetrical: what is painted on one side looks the same on the other.
    """
    normals = vertex_normals(neutral.v_template, neutral.faces)
    light, sky = np.zeros(len(normals)), np.zeros(len(normals))
    full_light = np.zeros(len(normals))
    full_sky = np.zeros(len(normals))
    for direction in _directions():
        facing = np.maximum(normals @ direction, 0.0)
        seen = _seen_from(neutral, direction) * facing
        lamp = _lamp(direction)
        light += lamp * seen
        sky += seen
        full_light += lamp * facing
        full_sky += facing
    best = np.quantile(full_light, 0.98)
    light, sky = light / best, sky / np.maximum(full_sky, 1e-9)
    light, sky = ((value + value[neutral.mirror]) / 2 for value in (light, sky))
    return light, sky


def _lamp(direction: Floats) -> float:
    toward_lamp = float(direction @ np.array([0.0, 0.55, 0.835]))
    side = abs(float(direction[0]))
    return 0.55 + 1.25 * max(toward_lamp, 0.0) ** 3 + 0.25 * side + 0.25 * float(direction[1])


def _directions() -> Floats:
    """[N, 3] unit vectors spread evenly (Fibonacci)."""
    i = np.arange(DIRECTIONS) + 0.5
    y = 1 - 2 * i / DIRECTIONS
    turn = np.pi * (1 + 5**0.5) * i
    reach = np.sqrt(1 - y * y)
    return np.stack([reach * np.cos(turn), y, reach * np.sin(turn)], axis=1)


def _seen_from(neutral: NeutralHead, direction: Floats) -> Any:
    target = (0.0, -0.02, 0.0)
    eye = np.array(target) + FAR_AWAY * direction
    up = (0.0, 1.0, 0.0) if abs(direction[1]) < 0.95 else (0.0, 0.0, 1.0)
    focal = 0.9 * PICTURE * FAR_AWAY / 0.30
    camera = look_at(eye.tolist(), target, focal=focal, width=PICTURE, height=PICTURE, up=up)
    buffer = draw_mesh(camera, neutral.v_template, neutral.faces)
    return visible_vertices(buffer, camera, neutral.v_template, _TOLERANCE)
