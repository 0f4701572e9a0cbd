"""Reads the ICT Face Model Light (ICT-FaceKit, MIT licence): a folder of .obj files.

The model is purely linear: neutral plus identity modes plus expression modes. Joints are added, so
that it poses like any other head: eyes at the eyeballs, the jaw about the axis that the lower teeth
turn around in ``jawOpen``. Li et al.: Learning formation of physically-based face attributes, 2020.
"""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from avatars.errors import UnreadableFile
from avatars.head import checks
from avatars.head.arkit_fit import named_table
from avatars.head.model import HeadModel
from avatars.head.nearest import Array
from avatars.head.obj import Mesh, read_obj, read_obj_vertices

NEUTRAL = "generic_neutral_mesh.obj"
LICENCE = "ICT-FaceKit, copyright USC Institute for Creative Technologies, MIT licence"

_VERTICES = 26719
_KEPT = 24591  # the rest is lashes, tear fluid and see-through shells over the eyes
_METRES = 0.01  # the files are in centimetres
_RANGES = {  # first and one past the last vertex
    "face": (0, 9409),
    "head": (9409, 11248),
    "mouth": (11248, 13294),
    "sockets": (13294, 14062),
    "gums": (14062, 17039),
    "teeth": (17039, 21451),
    "sclera_left": (21451, 22221),
    "iris_left": (22221, 23021),
    "sclera_right": (23021, 23791),
    "iris_right": (23791, 24591),
}
# Places in the built-in head's millimetres, from the middle of the eyes at a pupil distance of 63.
_EYES_APART = 0.063
_ROOT, _NECK, _JAW = (0, -0.1667, -0.109), (0, -0.0787, -0.091), (0, -0.0394, -0.076)
_REMEDY = (
    "Use the folder FaceXModel of ICT-FaceKit as published (`avatar-gui head get ict-facekit`)."
)


def ict_folder(path: Path) -> Path | None:
    """The folder with the model's files: ``path`` itself or its FaceXModel; None if neither."""
    return next((p for p in (path, path / "FaceXModel") if (p / NEUTRAL).is_file()), None)


def read_ict(folder: Path, name: str = "") -> HeadModel:
    """The head of an ICT-FaceKit folder, on the CPU, float32, expressions under their own names.

    Raises:
        UnreadableFile: files are missing, malformed, or of another mesh.
    """
    inner = ict_folder(folder)
    if inner is None:
        raise UnreadableFile(f"{folder} holds no {NEUTRAL}.", _REMEDY)
    mesh = read_obj(inner / NEUTRAL)
    checks.check_shape("v", mesh.vertices, (_VERTICES, 3), inner / NEUTRAL)
    if not len(mesh.uvs):
        raise UnreadableFile(f"{inner / NEUTRAL} has no texture coordinates.", _REMEDY)
    kept = mesh.faces.max(axis=1) < _KEPT
    faces = mesh.faces[kept]
    checks.check_manifold(faces, _KEPT, inner / NEUTRAL)
    neutral = mesh.vertices[:_KEPT] * _METRES
    checks.check_finite("v", neutral, inner / NEUTRAL)
    names = _expression_names(inner)
    identities = sorted(p.stem for p in inner.glob("identity[0-9][0-9][0-9].obj"))
    if not identities:
        raise UnreadableFile(f"{inner} holds no identity000.obj.", _REMEDY)
    expressions = _modes(inner, names, neutral)
    opening = expressions[..., names.index("jawOpen")] if "jawOpen" in names else None
    regressor, weights = _joints(neutral, opening)
    return HeadModel(
        v_template=_tensor(neutral),
        faces=torch.from_numpy(faces),
        shapedirs=_tensor(_modes(inner, identities, neutral)),
        exprdirs=_tensor(expressions),
        posedirs=torch.zeros(_KEPT, 3, 36),
        J_regressor=_tensor(regressor),
        parents=(-1, 0, 1, 1, 1),
        lbs_weights=_tensor(weights),
        uvs=_tensor(_one_tile(mesh, kept)),
        uv_faces=torch.from_numpy(mesh.uv_faces[kept]),
        expression_names=tuple(names),
        name=name or folder.resolve().name,
        version="ICT-FaceKit",
        licence=LICENCE,
        regions=_regions(opening),
        parts=_parts(faces, opening),
        arkit=named_table(names),
    )


def _expression_names(folder: Path) -> list[str]:
    path = folder / "vertex_indices.json"
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))["expressions"]
        names = [str(name) for name in listed]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnreadableFile(f"{path} does not list the expressions.", _REMEDY) from error
    if not names or not all(re.fullmatch(r"\w{1,64}", name) for name in names):
        raise UnreadableFile(f"{path} lists names that are no expressions.", _REMEDY)
    return names


def _modes(folder: Path, names: list[str], neutral: Array) -> NDArray[np.float32]:
    modes = np.empty((_KEPT, 3, len(names)), np.float32)
    for column, name in enumerate(names):
        path = folder / f"{name}.obj"
        vertices = read_obj_vertices(path)
        checks.check_shape("v", vertices, (_VERTICES, 3), path)
        modes[..., column] = vertices[:_KEPT] * _METRES - neutral
        checks.check_finite("v", modes[..., column], path, largest=1.0)
    return modes


def _joints(neutral: Array, opening: NDArray[Any] | None) -> tuple[Array, Array]:
    """Joint regressor [5, V] and skinning weights [V, 5]."""
    left, right = _mask("sclera_left"), _mask("sclera_right")
    eyes = np.stack([neutral[left].mean(axis=0), neutral[right].mean(axis=0)])
    scale = float(np.linalg.norm(eyes[0] - eyes[1])) / _EYES_APART
    middle = eyes.mean(axis=0)
    root, neck, jaw = (middle + scale * np.array(place) for place in (_ROOT, _NECK, _JAW))
    opens = np.zeros(_KEPT)
    if opening is not None:
        turn, jaw = _hinge(neutral, opening, jaw)
        rigid = (neutral - jaw) @ (turn - np.eye(3)).T
        size = (rigid**2).sum(axis=1)
        opens = np.clip((rigid * opening).sum(axis=1) / np.maximum(size, 1e-10), 0, 1)
        opens[size < (0.02 * np.sqrt(size.max(initial=0.0))) ** 2] = 0
    # The built-in head's smooth step from the root to the neck, tilted backwards.
    height = (neutral[:, 1] - middle[1]) / scale - 0.15 * (neutral[:, 2] - middle[2]) / scale
    step = np.clip((height + 0.182) / 0.08, 0, 1)
    upper = step * step * (3 - 2 * step)
    weights = np.stack(
        [(1 - upper) * (1 - opens), upper * (1 - opens), opens, *np.zeros((2, _KEPT))], axis=-1
    )
    regressor = np.zeros((5, _KEPT))
    for joint, ball in ((3, ("sclera_left", "iris_left")), (4, ("sclera_right", "iris_right"))):
        for part in ball:
            weights[_mask(part)] = np.eye(5)[joint]
        regressor[joint, _mask(ball[0])] = 1 / int(_mask(ball[0]).sum())
    for joint, place in enumerate((root, neck, jaw)):
        regressor[joint] = _regressed(neutral, place)
    return regressor, weights


def _hinge(neutral: Array, opening: NDArray[Any], guess: Array) -> tuple[Array, Array]:
    """Rotation [3, 3] of the lower teeth in jawOpen and the point [3] it turns about."""
    lower = _mask("teeth") & _moves(opening)
    if not lower.any():
        return np.eye(3), guess
    start, end = neutral[lower], neutral[lower] + opening[lower]
    a, b = start - start.mean(axis=0), end - end.mean(axis=0)
    u, _, vt = np.linalg.svd(b.T @ a)
    turn = u @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt
    # c = R c + t has a line of solutions, the axis: the one nearest to where jaws are hinged.
    shift = end.mean(axis=0) - turn @ start.mean(axis=0)
    centre = guess + np.linalg.pinv(np.eye(3) - turn, rcond=1e-2) @ (
        shift - (np.eye(3) - turn) @ guess
    )
    return turn, centre if np.linalg.norm(centre - guess) < 0.06 else guess


def _regressed(neutral: Array, place: Array) -> Array:
    """Weights [V] of nearby vertices that sum to 1 and whose mean is ``place``."""
    skin = np.flatnonzero(_mask("face") | _mask("head"))
    near = skin[np.argsort(np.linalg.norm(neutral[skin] - place, axis=1), kind="stable")[:200]]
    system = np.concatenate([neutral[near].T - place[:, None], np.ones((1, len(near)))])
    weights = np.zeros(len(neutral))
    weights[near] = np.linalg.pinv(system) @ np.array([0, 0, 0, 1.0])
    result: Array = weights / weights.sum()
    return result


def _regions(opening: NDArray[Any] | None) -> dict[str, torch.Tensor]:
    lower = _moves(opening)
    masks = {
        "eyeball_left": _mask("sclera_left") | _mask("iris_left"),
        "eyeball_right": _mask("sclera_right") | _mask("iris_right"),
        "iris_left": _mask("iris_left"),
        "iris_right": _mask("iris_right"),
        "mouth_inner": _mask("mouth") | _mask("gums"),
        "teeth_upper": _mask("teeth") & ~lower,
        "teeth_lower": _mask("teeth") & lower,
    }
    return {name: torch.from_numpy(mask) for name, mask in masks.items()}


def _parts(faces: NDArray[np.int64], opening: NDArray[Any] | None) -> dict[str, torch.Tensor]:
    regions = _regions(opening)
    corners = torch.from_numpy(faces)
    balls = regions["eyeball_left"] | regions["eyeball_right"]
    skin = torch.from_numpy(_mask("face") | _mask("head") | _mask("sockets"))
    masks = {
        "skin": skin,
        "eyeballs": balls,
        "mouth": regions["mouth_inner"],
        "teeth_upper": regions["teeth_upper"],
        "teeth_lower": regions["teeth_lower"],
    }
    return {name: mask[corners].all(dim=-1) for name, mask in masks.items()}


def _one_tile(mesh: Mesh, kept: NDArray[np.bool_]) -> Array:
    """Texture coordinates inside 0..1: whole tiles beside the first are laid out in a grid."""
    corners = mesh.uvs[mesh.uv_faces[kept]]  # [F, 3, 2]
    tile = np.floor(corners.min(axis=1) + 1e-6)
    columns = int(tile[:, 0].max() - tile[:, 0].min()) + 1
    rows = int(tile[:, 1].max() - tile[:, 1].min()) + 1
    if columns == rows == 1 and not tile.any():
        return mesh.uvs
    low = np.array([tile[:, 0].min(), tile[:, 1].min()])
    packed: Array = (mesh.uvs - low) / max(columns, rows)
    return packed


def _moves(opening: NDArray[Any] | None) -> NDArray[np.bool_]:
    if opening is None:
        return np.zeros(_KEPT, bool)
    length = np.linalg.norm(opening, axis=1)
    result: NDArray[np.bool_] = length > 0.3 * float(length[_mask("teeth")].max(initial=1e-6))
    return result


def _mask(part: str) -> NDArray[np.bool_]:
    mask = np.zeros(_KEPT, bool)
    mask[slice(*_RANGES[part])] = True
    return mask


def _tensor(values: NDArray[Any]) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, np.float32))
