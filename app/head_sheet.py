"""`avatar-gui head sheet`: contact sheets of a head, to be looked at.

``neutral.png`` shows six sides, ``expressions.png`` the 52 ARKit shapes at weight 1,
``identities.png`` twelve people: each named or first direction at +2 sigma.
"""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from app.heads import library
from app.pictures import Pixels, side_by_side, write_picture
from app.render import Orbit, orbit_camera
from avatars.head.arkit import state_from_arkit
from avatars.head.landmarks import landmark_points
from avatars.head.model import HeadModel
from avatars.head.tables import ARKIT_NAMES, MEDIAPIPE
from renderer.disk import make_folder
from renderer.mesh import draw_antialiased, shade_smooth

SIDES = {
    "front": (0.0, 0.0),
    "three-quarter": (35.0, 0.0),
    "left profile": (90.0, 0.0),
    "back": (180.0, 0.0),
    "from above": (20.0, 40.0),
    "from below": (-25.0, -35.0),
}
SKIN = (0.80, 0.66, 0.58)
COLORS = {  # parts that would otherwise vanish into the skin
    "eyeballs": (0.96, 0.95, 0.93),
    "mouth": (0.45, 0.16, 0.16),
    "teeth_upper": (0.93, 0.90, 0.82),
    "teeth_lower": (0.90, 0.87, 0.79),
    "tongue": (0.78, 0.40, 0.40),
}
IRIS = (0.30, 0.22, 0.16)
PEOPLE = 12


def write_sheets(name: str, folder: Path, home: Path, *, size: int = 256) -> list[Path]:
    """Write the three sheets of a stored head into ``folder``; returns their paths.

    Args:
        name: of a head that ``head list`` shows.
        folder: made if it is not there.
        home: the folder of stored heads.
        size: pixels per picture.

    Raises:
        HeadMismatch: no such head.
        UserError: the folder cannot be made or written.
    """
    head = library(home).load(name)
    make_folder(folder)
    sheets = {
        "neutral": (neutral_pictures(head, size), 3),
        "expressions": (expression_pictures(head, size), 8),
        "identities": (identity_pictures(head, size), 4),
    }
    written = []
    for title, (pictures, columns) in sheets.items():
        path = folder / f"{title}.png"
        write_picture(path, side_by_side(list(pictures), columns))
        written.append(path)
    return written


def neutral_pictures(head: HeadModel, size: int) -> Iterator[Pixels]:
    """The resting head from six sides."""
    vertices = head.pose(head.neutral())
    for side, (yaw, pitch) in SIDES.items():
        yield picture(head, vertices, size, yaw=yaw, pitch=pitch, label=side)


def expression_pictures(head: HeadModel, size: int) -> Iterator[Pixels]:
    """Each ARKit shape at weight 1, closer up; nothing for a head without the names."""
    if head.arkit is None:
        yield from neutral_pictures(head, size)
        return
    shaped = head.shaped()
    for number, name in enumerate(ARKIT_NAMES):
        weights = torch.zeros(len(ARKIT_NAMES))
        weights[number] = 1.0
        vertices = shaped.pose(state_from_arkit(head, weights))
        yield picture(head, vertices, size, yaw=15.0, zoom=1.45, label=name)


def identity_pictures(head: HeadModel, size: int) -> Iterator[Pixels]:
    """Twelve people: the first directions at +2 sigma each."""
    for number in range(min(PEOPLE, head.shape_count)):
        betas = torch.zeros(head.shape_count)
        betas[number] = 2.0
        names = head.shape_names
        label = names[number] if number < len(names) else f"betas_{number:03d}"
        yield picture(head, head.pose(head.neutral(), betas), size, yaw=20.0, label=f"{label} +2")


def picture(
    head: HeadModel,
    vertices: Tensor,
    size: int,
    *,
    yaw: float = 0.0,
    pitch: float = 0.0,
    zoom: float = 1.0,
    label: str = "",
) -> Pixels:
    """One lit picture [size, size, 3] of a posed head on white, with its label at the bottom."""
    low, high = head.v_template.amin(dim=0), head.v_template.amax(dim=0)
    middle = ((low + high) / 2).tolist()
    if zoom > 1.0 and MEDIAPIPE in head.landmarks:  # towards the face
        middle = landmark_points(head, head.v_template).mean(dim=0).tolist()
    orbit = Orbit(yaw, pitch, 0.0, 2.6 * float((high - low).amax()))
    camera = orbit_camera(orbit, (middle[0], middle[1], middle[2]), round(size * zoom))
    colors = vertex_colors(head)

    def shade(buffer: object) -> object:
        return shade_smooth(buffer, vertices, head.faces, colors=colors, camera=camera)  # type: ignore[arg-type]

    drawn = draw_antialiased(camera, vertices, head.faces, shade)  # type: ignore[arg-type]
    cut = (drawn.shape[0] - size) // 2
    drawn = drawn[cut : cut + size, cut : cut + size]
    alpha = drawn[..., 3:]
    shown = drawn[..., :3] * alpha + 1.0 - alpha
    pixels: Pixels = np.ascontiguousarray((shown * 255 + 0.5).clip(0, 255).astype(np.uint8))
    if label:
        scale = size / 620
        cv2.putText(
            pixels,
            label,
            (6, size - 8),
            cv2.FONT_HERSHEY_SIMPLEX,
            scale,
            (40, 40, 40),
            1,
            cv2.LINE_AA,
        )
    return pixels


def vertex_colors(head: HeadModel) -> Tensor:
    """Plain colours [V, 3] that tell skin, eyes, irises, teeth, tongue and mouth apart."""
    colors = torch.tensor(SKIN).repeat(head.vertex_count, 1)
    for name, mask in head.parts.items():
        if name in COLORS:
            colors[head.faces[mask].unique()] = torch.tensor(COLORS[name])
    for name in ("iris_left", "iris_right"):
        if name in head.regions:
            colors[head.regions[name]] = torch.tensor(IRIS)
    return colors
