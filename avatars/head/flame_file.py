"""Reads FLAME 2020, 2023 and 2023 Open, as published (.pkl) or converted (.npz), without chumpy."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from avatars.errors import UnreadableFile
from avatars.head import checks
from avatars.head.model import HeadModel
from avatars.head.stand_ins import as_array
from avatars.head.unpickle import MAX_BYTES, load_pickle
from avatars.npz import read_npz
from renderer.disk import open_input

IDENTITY = 300
EXPRESSIONS = 100
JOINTS = 5

_KEYS = ("v_template", "f", "shapedirs", "posedirs", "J_regressor", "weights", "kintree_table")
_OPEN_METADATA = "supr_expression_metadata"
# Digests of known releases: a hint for the name of the version, never a condition.
_KNOWN_DIGESTS = {
    "e75a0990728ba038c7da2a420ae4396f7ddd7781366c13026066c5b24f127623": "FLAME 2023 Open",
}
_LICENCES = {
    "FLAME 2023 Open": (
        "FLAME 2023 Open (Li, Bolkart, Black, Li, Romero 2017), CC BY 4.0; see flame.is.tue.mpg.de "
        "for the uses its makers rule out"
    ),
}
_OTHER_LICENCE = (
    "FLAME (Li, Bolkart, Black, Li, Romero 2017), under the licence it was downloaded with; treat "
    "as non-commercial and do not pass it on"
)


def is_flame(path: Path) -> bool:
    """Whether a file's name says that it may be a FLAME model."""
    return path.suffix.lower() in (".pkl", ".npz") and "mask" not in path.stem.lower()


def read_flame(path: Path, name: str = "") -> HeadModel:
    """The head of a FLAME file, on the CPU, float32, fully checked; no extras.

    Args:
        path: ``generic_model.pkl``, ``flame2023.pkl``, ``flame2023_Open.pkl`` or a .npz with the
            same keys.
        name: the head's name; the file's stem by default.

    Raises:
        UnreadableFile: missing, hostile, truncated, or its arrays do not make a FLAME head.
    """
    content = read_limited(path)
    digest = hashlib.sha256(content).hexdigest()
    stored: Any = read_npz(path) if path.suffix.lower() == ".npz" else load_pickle(content, path)
    if not isinstance(stored, dict):
        raise UnreadableFile(f"{path} holds no head model.", checks.REMEDY)
    checks.need(stored, _KEYS, path)
    arrays = {key: as_array(stored[key], key, path) for key in _KEYS}
    if arrays["J_regressor"].shape[:1] != (JOINTS,):
        arrays["J_regressor"] = arrays["J_regressor"].T
    _check(arrays, path)
    if "J" in stored:
        _check_joints(as_array(stored["J"], "J", path), arrays, path)
    version = _version(stored, digest, path)
    fields: dict[str, Any] = {
        key: torch.from_numpy(np.array(arrays[key], np.float32, order="C"))
        for key in ("v_template", "posedirs", "J_regressor")
    }
    directions = torch.from_numpy(np.array(arrays["shapedirs"], np.float32, order="C"))
    return HeadModel(
        **fields,
        faces=torch.from_numpy(arrays["f"].astype(np.int64)),
        shapedirs=directions[..., :IDENTITY].contiguous(),
        exprdirs=directions[..., IDENTITY:].contiguous(),
        parents=(-1, 0, 1, 1, 1),
        lbs_weights=torch.from_numpy(np.array(arrays["weights"], np.float32, order="C")),
        uvs=torch.zeros(0, 2),
        uv_faces=torch.zeros(0, 3, dtype=torch.int64),
        expression_names=tuple(f"expr_{i:03d}" for i in range(EXPRESSIONS)),
        name=name or path.stem,
        version=version,
        licence=_LICENCES.get(version, _OTHER_LICENCE),
        source_sha256=digest,
    )


def read_limited(path: Path) -> bytes:
    """A file's bytes.

    Raises:
        UnreadableFile: missing, unreadable, empty, no ordinary file, or larger than the
            unpickler takes.
    """
    try:
        with open_input(path) as handle:  # never waits: a folder may hold a pipe by this name
            content = handle.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnreadableFile(
            f"{path} cannot be read: {error.strerror}.", "Check the path."
        ) from error
    if len(content) > MAX_BYTES:
        raise UnreadableFile(f"{path} is larger than {MAX_BYTES >> 20} MB.", checks.REMEDY)
    return content


def _check(arrays: dict[str, NDArray[Any]], path: Path) -> None:
    checks.check_shape("v_template", arrays["v_template"], (None, 3), path)
    count = arrays["v_template"].shape[0]
    directions = IDENTITY + EXPRESSIONS
    expected: dict[str, tuple[int | None, ...]] = {
        "f": (None, 3),
        "shapedirs": (count, 3, directions),
        "posedirs": (count, 3, 9 * (JOINTS - 1)),
        "J_regressor": (JOINTS, count),
        "weights": (count, JOINTS),
        "kintree_table": (2, JOINTS),
    }
    for key, shape in expected.items():
        checks.check_shape(key, arrays[key], shape, path)
    for key in ("v_template", "shapedirs", "posedirs", "J_regressor", "weights"):
        checks.check_finite(key, arrays[key], path)
    for key in ("weights", "J_regressor"):
        checks.check_sums(key, arrays[key], path)
    if tuple(arrays["kintree_table"][0, 1:].astype(np.int64)) != (0, 1, 1, 1):
        raise UnreadableFile(
            f"The joints of {path} are not FLAME's (root, neck, jaw, left eye, right eye).",
            checks.REMEDY,
        )
    checks.check_manifold(arrays["f"].astype(np.int64), count, path)


def _check_joints(joints: NDArray[Any], arrays: dict[str, NDArray[Any]], path: Path) -> None:
    """Stored joints must be those of the template: they differ when variants were mixed."""
    checks.check_shape("J", joints, (JOINTS, 3), path)
    regressed = arrays["J_regressor"] @ arrays["v_template"]
    away = float(np.abs(regressed - joints).max())
    if not away < 1e-3:
        raise UnreadableFile(
            f"The joints stored in {path} lie up to {away * 1000:.1f} mm from those of its "
            "template, as in a mixture of the male, female and generic variants.",
            "Use one variant as published, best the generic one.",
        )


def _version(stored: dict[str, Any], digest: str, path: Path) -> str:
    if digest in _KNOWN_DIGESTS:
        return _KNOWN_DIGESTS[digest]
    if _OPEN_METADATA in stored:
        return "FLAME 2023 Open"
    stem = path.stem.lower()
    if "open" in stem:
        return "FLAME 2023 Open"
    variant = next((f" {word}" for word in ("female", "male") if word in stem), "")
    if "2023" in stem:
        return "FLAME 2023 without jaw rotation" if "no_jaw" in stem else f"FLAME 2023{variant}"
    if "2020" in stem or stem in ("generic_model", "male_model", "female_model"):
        return f"FLAME 2020{variant}"
    return f"FLAME{variant}"
