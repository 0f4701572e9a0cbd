"""Our own head file: a .npz of plain arrays, written and read without pickles.

==========================================  =====================================================
key                                         content
==========================================  =====================================================
``format``, ``format_version``              "avatar-gui head", 1
``name``, ``version``, ``licence``,         text
``source_sha256``
``v_template`` [V,3], ``faces`` [F,3]       metres; int32
``shapedirs`` [V,3,S], ``exprdirs``         metres; float32, or int16 with a scalar ``NAME_step``
[V,3,E], ``posedirs`` [V,3,36]              in metres; all zeros may be left out as [V,3,0]
``J_regressor`` [5,V], ``parents`` [5],     parents are -1 0 1 1 1
``lbs_weights`` [V,5]
``uvs`` [U,2], ``uv_faces`` [F,3]           U = 0: the head has no texture coordinates
``expression_names`` [E],                   text
``shape_names`` [at most S]
``region/NAME``                             bool [V] vertices (bool [F] faces are accepted too)
``part/NAME``                               bool [F]
``landmarks``                               accepted instead of the next: [478] vertex numbers
``landmark/SET/faces`` [...,L],             points on the surface; SET "mediapipe" holds the 478
``.../barycentrics`` [...,L,3],
``.../ids`` [L] or empty
``eyelids`` [2,V,3]                         only heads that have them
``arkit_names`` [52],                       any order; ``arkit_eyelids`` may be missing (zeros)
``arkit_expression`` [52,E],
``arkit_jaw_pose``, ``arkit_leye_pose``,
``arkit_reye_pose`` [52,3],
``arkit_eyelids`` [52,2]
==========================================  =====================================================
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avatars.errors import NewerFile, UnreadableFile
from avatars.head import checks
from avatars.head.model import HeadModel
from avatars.head.tables import ARKIT_NAMES, MEDIAPIPE, ArkitTable, Landmarks
from avatars.npz import Arrays, read_npz, write_npz

FORMAT = "avatar-gui head"
FORMAT_VERSION = 1

_DIRECTIONS = ("shapedirs", "exprdirs", "posedirs")
_FLOATS = ("v_template", "J_regressor", "lbs_weights", "uvs")
_TEXTS = ("name", "version", "licence", "source_sha256")
_ARKIT = ("expression", "jaw_pose", "leye_pose", "reye_pose")


def write_head_file(path: Path, head: HeadModel, *, step: float | None = None) -> None:
    """Write a head; an existing file is replaced only once the new one is complete.

    Args:
        path: target, by custom ending in .npz.
        head: what to write, from any device.
        step: store the directions as whole multiples of this many metres (16 bit), which makes a
            shipped file several times smaller; directions too large for that stay float32.
    """
    arrays: Arrays = {
        "format": np.array(FORMAT),
        "format_version": np.array(FORMAT_VERSION),
        "parents": np.array(head.parents, np.int32),
        "expression_names": np.array(head.expression_names, str),
        "shape_names": np.array(head.shape_names, str),
        "faces": _numbers(head.faces, np.int32),
        "uv_faces": _numbers(head.uv_faces, np.int32),
    }
    arrays |= {name: np.array(getattr(head, name)) for name in _TEXTS}
    arrays |= {name: _numbers(getattr(head, name), np.float32) for name in _FLOATS}
    for name in _DIRECTIONS:
        arrays |= _packed(name, _numbers(getattr(head, name), np.float32), step)
    arrays |= {f"region/{name}": _numbers(mask, np.bool_) for name, mask in head.regions.items()}
    arrays |= {f"part/{name}": _numbers(mask, np.bool_) for name, mask in head.parts.items()}
    for name, points in head.landmarks.items():
        arrays[f"landmark/{name}/faces"] = _numbers(points.faces, np.int32)
        arrays[f"landmark/{name}/barycentrics"] = _numbers(points.barycentrics, np.float32)
        arrays[f"landmark/{name}/ids"] = np.array(points.ids, np.int32)
    if head.eyelids is not None:
        arrays["eyelids"] = _numbers(head.eyelids, np.float32)
    if head.arkit is not None:
        arrays["arkit_names"] = np.array(ARKIT_NAMES, str)
        for name in (*_ARKIT, "eyelids"):
            arrays[f"arkit_{name}"] = _numbers(getattr(head.arkit, name), np.float32)
    write_npz(path, arrays)


def read_head_file(path: Path) -> HeadModel:
    """The head of a file written by ``write_head_file``, on the CPU, float32, fully checked.

    Raises:
        NewerFile: the file's format is newer than this program.
        UnreadableFile: missing, truncated, not a head file, or its arrays make no head.
    """
    arrays = read_npz(path)
    if _text(arrays, "format") != FORMAT:
        raise UnreadableFile(
            f"{path} is not a head file of this program.", "Bring other heads in by `head import`."
        )
    checks.need(arrays, ("format_version",), path)
    version = int(arrays["format_version"].reshape(-1)[0])
    if version > FORMAT_VERSION:
        raise NewerFile(
            f"{path} has head format {version}, this program reads up to {FORMAT_VERSION}.",
            "Install the newest avatar-gui.",
        )
    try:
        return _head(arrays, path)
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise UnreadableFile(f"{path} holds no usable head: {error}.", checks.REMEDY) from error


def _head(arrays: Arrays, path: Path) -> HeadModel:
    checks.need(
        arrays, (*_FLOATS, *_DIRECTIONS, "faces", "uv_faces", "parents", "expression_names"), path
    )
    checks.check_shape("v_template", arrays["v_template"], (None, 3), path)
    checks.check_shape("faces", arrays["faces"], (None, 3), path)
    count = arrays["v_template"].shape[0]
    if count > checks.MAX_VERTICES:
        raise UnreadableFile(f"{path} has {count} vertices, too many for a head.", checks.REMEDY)
    checks.check_manifold(arrays["faces"], count, path)
    floats = {name: np.asarray(arrays[name], np.float32) for name in _FLOATS}
    floats |= {name: _unpacked(name, arrays, path) for name in _DIRECTIONS}
    if not floats["posedirs"].shape[-1]:
        floats["posedirs"] = np.zeros((count, 3, 36), np.float32)
    if "eyelids" in arrays:
        floats["eyelids"] = np.asarray(arrays["eyelids"], np.float32)
    for name, values in floats.items():
        checks.check_finite(name, values, path)
    for name in ("J_regressor", "lbs_weights"):
        checks.check_sums(name, floats[name], path)
    checks.check_indices("uv_faces", arrays["uv_faces"], floats["uvs"].shape[0], path)
    fields: dict[str, Any] = {
        name: torch.from_numpy(values.copy()) for name, values in floats.items()
    }
    fields |= {name: _text(arrays, name) for name in _TEXTS}
    return HeadModel(
        **fields,
        faces=_integers(arrays["faces"]),
        uv_faces=_integers(arrays["uv_faces"]),
        parents=tuple(int(parent) for parent in arrays["parents"]),
        expression_names=tuple(str(name) for name in arrays["expression_names"]),
        shape_names=tuple(str(name) for name in arrays.get("shape_names", ())),
        regions=_masks("region/", arrays, count, path),
        parts=_masks("part/", arrays, count, path),
        landmarks=_landmarks(arrays, path),
        arkit=_arkit(arrays, path),
    )


def _masks(prefix: str, arrays: Arrays, count: int, path: Path) -> dict[str, Tensor]:
    masks = {}
    faces = arrays["faces"]
    for key in sorted(arrays):
        if not key.startswith(prefix):
            continue
        mask = arrays[key].astype(bool)
        if prefix == "region/" and mask.shape == (len(faces),) and len(faces) != count:
            of_faces, mask = mask, np.zeros(count, bool)
            mask[faces[of_faces]] = True
        checks.check_shape(key, mask, (count if prefix == "region/" else len(faces),), path)
        masks[key.removeprefix(prefix)] = torch.from_numpy(mask)
    return masks


def _landmarks(arrays: Arrays, path: Path) -> dict[str, Landmarks]:
    faces = arrays["faces"]
    found = {}
    if "landmarks" in arrays:
        found[MEDIAPIPE] = at_vertices(arrays["landmarks"], faces, path)
    for key in sorted(arrays):
        if not (key.startswith("landmark/") and key.endswith("/faces")):
            continue
        stem = key.removesuffix("/faces")
        checks.check_indices(key, arrays[key], len(faces), path)
        weights = np.array(arrays[f"{stem}/barycentrics"], np.float32)
        checks.check_finite(stem, weights, path, largest=10.0)
        checks.check_sums(stem, weights, path)
        ids = tuple(int(number) for number in arrays.get(f"{stem}/ids", ()))
        name = stem.removeprefix("landmark/")
        found[name] = Landmarks(_integers(arrays[key]), torch.from_numpy(weights), ids)
    return found


def at_vertices(vertices: NDArray[Any], faces: NDArray[Any], path: Path) -> Landmarks:
    """Landmarks that sit on vertices [L]: the first face at each, weight 1 on its corner.

    Raises:
        UnreadableFile: a vertex that no face uses.
    """
    corners = faces.reshape(-1)
    order = np.argsort(corners, kind="stable")
    place = np.searchsorted(corners[order], vertices)
    first = order[np.minimum(place, len(order) - 1)]
    if not bool((corners[first] == vertices).all()):
        raise UnreadableFile(f"A landmark of {path} sits on no face.", checks.REMEDY)
    weights = torch.nn.functional.one_hot(torch.from_numpy(first % 3), 3).float()
    return Landmarks(torch.from_numpy(first // 3), weights)


def _arkit(arrays: Arrays, path: Path) -> ArkitTable | None:
    if "arkit_names" not in arrays:
        return None
    names = [str(name) for name in arrays["arkit_names"]]
    if sorted(names) != sorted(ARKIT_NAMES):
        raise UnreadableFile(f"'arkit_names' in {path} are not the 52 names.", checks.REMEDY)
    order = [names.index(name) for name in ARKIT_NAMES]
    rows = {name: np.asarray(arrays[f"arkit_{name}"], np.float32)[order] for name in _ARKIT}
    lids = arrays.get("arkit_eyelids", np.zeros((len(order), 2)))
    rows["eyelids"] = np.asarray(lids, np.float32)[order]
    for name, values in rows.items():
        checks.check_finite(f"arkit_{name}", values, path)
    return ArkitTable(**{name: torch.from_numpy(values) for name, values in rows.items()})


def _packed(name: str, values: NDArray[Any], step: float | None) -> Arrays:
    if not values.any():
        return {name: values[..., :0] if name == "posedirs" else values}
    if step is None or float(np.abs(values).max()) / step > 32767:
        return {name: values}
    return {name: np.round(values / step).astype(np.int16), f"{name}_step": np.array(step)}


def _unpacked(name: str, arrays: Arrays, path: Path) -> NDArray[np.float32]:
    checks.check_shape(name, arrays[name], (None, 3, None), path)
    step = float(arrays.get(f"{name}_step", np.ones(1)).reshape(-1)[0])
    return (arrays[name].astype(np.float32) * np.float32(step)).astype(np.float32)


def _text(arrays: Arrays, name: str) -> str:
    return str(arrays[name]) if name in arrays and arrays[name].dtype.kind == "U" else ""


def _numbers(values: Tensor, kind: type[Any]) -> NDArray[Any]:
    return np.asarray(values.detach().cpu().numpy(), kind)


def _integers(values: NDArray[Any]) -> Tensor:
    return torch.from_numpy(values.astype(np.int64))
