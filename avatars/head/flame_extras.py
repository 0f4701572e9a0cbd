"""What may lie beside a FLAME file: masks, texture layout, landmark embeddings, eyelids."""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from avatars.errors import UnreadableFile
from avatars.head import checks
from avatars.head.flame_file import read_limited
from avatars.head.model import HeadModel
from avatars.head.obj import read_obj
from avatars.head.regions import from_flame
from avatars.head.stand_ins import as_array
from avatars.head.tables import MEDIAPIPE, Landmarks
from avatars.head.unpickle import load_pickle
from avatars.npz import npy_array, npy_header, read_npz

_REMEDY = "Take it out of the folder, or replace it by the one that belongs to this head."


@dataclass(frozen=True)
class Extra:
    """One kind of companion file.

    Attributes:
        title: what it is, for the report.
        files: names it goes by; the first found is used.
        without: what the head lacks without it.
    """

    title: str
    files: tuple[str, ...]
    without: str


_UV = Extra(
    "texture layout",
    ("head_template_mesh.obj", "head_template.obj"),
    "without it maps, stickers and paint do not work on this head",
)
_MASKS = Extra(
    "region masks", ("FLAME_masks.pkl",), "regions are taken over from the built-in head instead"
)
_LANDMARKS = Extra(
    "landmark embedding",
    ("landmark_embedding_with_eyes.npy", "landmark_embedding.npy", "flame_static_embedding.pkl"),
    "landmarks are fitted with the built-in head instead",
)
_CONTOUR = Extra("contour embedding", ("flame_dynamic_embedding.npy",), "")
_POINTS = Extra("MediaPipe embedding", ("mediapipe_landmark_embedding.npz",), "")
_LIDS = Extra("eyelid shapes", ("l_eyelid.npy", "r_eyelid.npy"), "blinks use the expressions alone")
EXTRAS = (_UV, _MASKS, _LANDMARKS, _CONTOUR, _POINTS, _LIDS)


@dataclass(frozen=True, eq=False)
class WithExtras:
    """A head with its companions, and what was there."""

    head: HeadModel
    found: tuple[str, ...]
    missing: tuple[str, ...]


def with_extras(head: HeadModel, folder: Path) -> WithExtras:
    """The head with all companions that lie in ``folder``.

    Raises:
        UnreadableFile: a companion is there but broken, hostile or made for another mesh.
    """
    readers: dict[Extra, Callable[[HeadModel, Path], HeadModel]] = {
        _UV: _with_uv,
        _MASKS: _with_masks,
        _LANDMARKS: _with_landmarks,
        _CONTOUR: _with_landmarks,
        _POINTS: _with_points,
        _LIDS: _with_lids,
    }
    found, missing = [], []
    for extra in EXTRAS:
        path = next((folder / name for name in extra.files if (folder / name).is_file()), None)
        if path is None:
            if extra.without:
                missing.append(f"{extra.title} ({extra.files[0]}): {extra.without}")
            continue
        try:
            head = readers[extra](head, path)
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise UnreadableFile(
                f"{path} does not fit the head it lies beside: {error}.", _REMEDY
            ) from error
        found.append(f"{extra.title} ({path.name})")
    return WithExtras(head, tuple(found), tuple(missing))


def _with_uv(head: HeadModel, path: Path) -> HeadModel:
    mesh = read_obj(path)
    if not len(mesh.uvs):
        raise UnreadableFile(f"{path} has no texture coordinates.", _REMEDY)
    if len(mesh.vertices) != head.vertex_count or len(mesh.faces) != head.face_count:
        raise UnreadableFile(
            f"{path} has {len(mesh.vertices)} vertices and {len(mesh.faces)} faces, the head "
            f"{head.vertex_count} and {head.face_count}.",
            _REMEDY,
        )
    order = _face_order(mesh.faces, head.faces_numpy)
    if order is None:
        raise UnreadableFile(f"{path} has other triangles than the head.", _REMEDY)
    return replace(
        head,
        uvs=torch.from_numpy(mesh.uvs.astype(np.float32)),
        uv_faces=torch.from_numpy(mesh.uv_faces[order]),
        fingerprint="",
    )


def _face_order(theirs: NDArray[np.int64], ours: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Row of each of our faces in theirs, or None where the triangles are not the same ones."""
    if np.array_equal(theirs, ours):
        return np.arange(len(ours))
    places = {tuple(face): row for row, face in enumerate(theirs.tolist())}
    rows = [places.get(tuple(face), -1) for face in ours.tolist()]
    return None if -1 in rows else np.array(rows, np.int64)


def _with_masks(head: HeadModel, path: Path) -> HeadModel:
    stored = load_pickle(read_limited(path), path)
    if not isinstance(stored, dict):
        raise UnreadableFile(f"{path} holds no masks.", _REMEDY)
    masks = {}
    for name, value in stored.items():
        ids = as_array(value, str(name)[:40], path).reshape(-1).astype(np.int64)
        checks.check_indices(str(name)[:40], ids, head.vertex_count, path)
        mask = torch.zeros(head.vertex_count, dtype=torch.bool)
        mask[torch.from_numpy(ids)] = True
        masks[str(name)] = mask
    return replace(head, regions={**head.regions, **from_flame(masks)})


def _with_landmarks(head: HeadModel, path: Path) -> HeadModel:
    stored = _pickled(path)
    if not isinstance(stored, dict):
        raise UnreadableFile(f"{path} holds no landmark table.", _REMEDY)
    # Two families of names: RingNet's static and dynamic files, and the joint file of later work.
    static = "ibug51"
    sets = {
        static: ("lmk_face_idx", "lmk_b_coords"),
        "ibug68": ("full_lmk_faces_idx", "full_lmk_bary_coords"),
        "contour": ("dynamic_lmk_faces_idx", "dynamic_lmk_bary_coords"),
    }
    if "static_lmk_faces_idx" in stored:
        sets[static] = ("static_lmk_faces_idx", "static_lmk_bary_coords")
    elif "dynamic" in path.stem:
        sets["contour"] = sets.pop(static)
    tables = dict(head.landmarks)
    for name, (faces, weights) in sets.items():
        if faces in stored and weights in stored:
            tables[name] = _table(
                as_array(stored[faces], faces, path),
                as_array(stored[weights], weights, path),
                head,
                path,
            )
    return replace(head, landmarks=tables)


def _with_points(head: HeadModel, path: Path) -> HeadModel:
    stored = read_npz(path)
    checks.need(stored, ("lmk_face_idx", "lmk_b_coords", "landmark_indices"), path)
    table = _table(stored["lmk_face_idx"], stored["lmk_b_coords"], head, path)
    ids = tuple(int(number) for number in stored["landmark_indices"].reshape(-1))
    table = Landmarks(table.faces, table.barycentrics, ids)
    return replace(head, landmarks={**head.landmarks, f"{MEDIAPIPE}105": table})


def _with_lids(head: HeadModel, path: Path) -> HeadModel:
    shapes = []
    for name in _LIDS.files:
        beside = path.with_name(name)
        shape = np.asarray(as_array(_pickled(beside), name, beside), np.float32)
        checks.check_shape(name, shape, (head.vertex_count, 3), beside)
        checks.check_finite(name, shape, beside)
        shapes.append(shape)
    return replace(head, eyelids=torch.from_numpy(np.stack(shapes)))


def _table(faces: NDArray[Any], weights: NDArray[Any], head: HeadModel, path: Path) -> Landmarks:
    weights = np.array(weights, np.float32)
    if faces.ndim == 2 and faces.shape[0] == 1:
        faces, weights = faces[0], weights[0]
    faces = faces.astype(np.int64)
    checks.check_indices("landmarks", faces, head.face_count, path)
    checks.check_shape("landmarks", weights, (*faces.shape, 3), path)
    checks.check_finite("landmarks", weights, path, largest=10.0)
    checks.check_sums("landmarks", weights, path)
    return Landmarks(torch.from_numpy(faces), torch.from_numpy(weights))


def _pickled(path: Path) -> Any:
    """The content of a .pkl, or of a .npy of numbers or of one pickled object."""
    content = read_limited(path)
    if not content.startswith(b"\x93NUMPY"):
        return load_pickle(content, path)
    stream = io.BytesIO(content)
    if not npy_header(stream)[2].hasobject:
        stream.seek(0)
        return npy_array(stream, len(content), path.name)
    value = load_pickle(content[stream.tell() :], path)
    return value[0] if isinstance(value, list) and len(value) == 1 else value
