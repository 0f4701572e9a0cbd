"""Folders of GaussianAvatars (Qian et al. 2024): splats in triangles' frames, and their motion.

`point_cloud.ply` carries `binding_0`, the triangle of each splat on FLAME with teeth;
`flame_param.npz` the identity and one row of pose and expression per frame.
"""

import re
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from avatars.avatar import Identity
from avatars.errors import HeadMismatch, UnreadableFile
from avatars.head.flame_teeth import FLAME_VERTICES, VERTICES, with_teeth
from avatars.head.model import HeadModel
from avatars.head.state import HeadState
from avatars.head.tables import ARKIT_NAMES
from avatars.kinds.mesh_bound import MeshBoundAvatar
from avatars.motion import Motion
from avatars.npz import Arrays, read_npz
from renderer.disk import shown
from renderer.gaussians import Gaussians
from renderer.ply_rows import read_rows

BINDING = "binding_0"
SPLATS, PARAMETERS = "point_cloud.ply", "flame_param.npz"
_KEYS = ("shape", "expr", "rotation", "neck_pose", "jaw_pose", "eyes_pose", "translation")
_WIDTHS = {"rotation": 3, "neck_pose": 3, "jaw_pose": 3, "eyes_pose": 6, "translation": 3}


def find_iteration(path: Path) -> Path | None:
    """The folder with the splats: ``path``, or its newest iteration; None if there is none."""
    if path.is_file() and path.name == SPLATS:
        path = path.parent
    if (path / SPLATS).is_file():
        return path
    found = [
        (int(name.group(1)), folder)
        for folder in sorted(path.glob("point_cloud/iteration_*"))
        if (name := re.fullmatch(r"iteration_(\d+)", folder.name)) and (folder / SPLATS).is_file()
    ]
    return max(found)[1] if found else None


def read_gaussian_avatar(path: Path, head: HeadModel) -> tuple[MeshBoundAvatar, HeadState]:
    """The avatar and its own motion [T], both on the CPU.

    Args:
        path: a model folder, an iteration's folder, or its ``point_cloud.ply``.
        head: FLAME, with or without teeth.

    Raises:
        UnreadableFile: a file is missing, broken or of other shapes.
        BadSplatFile: the splats cannot be used, or are not bound to triangles.
        HeadMismatch: the head is not FLAME's mesh, or has too few directions.
    """
    folder = find_iteration(path)
    if folder is None:
        raise UnreadableFile(
            f"{shown(path)} holds no {SPLATS}.",
            "Open the folder that the training program wrote (point_cloud/iteration_N is inside).",
        )
    head = with_teeth(head.to("cpu"))
    rows = read_rows(folder / SPLATS, also=(BINDING,))
    parameters = _parameters(folder / PARAMETERS)
    binding = torch.from_numpy(rows.also[BINDING])
    if len(binding) and not bool(
        ((binding >= 0) & (binding < head.face_count) & (binding == binding.round())).all()
    ):
        raise UnreadableFile(
            f"{shown(folder / SPLATS)} is bound to triangles that FLAME with teeth does not have.",
            "Open an avatar that was trained on FLAME 2023 with teeth (10144 triangles).",
        )
    fields = {name: torch.from_numpy(values) for name, values in rows.fields.items()}
    local = Gaussians(**fields, sh_degree=rows.sh_degree)
    identity = Identity(
        _fitting(parameters["shape"].reshape(-1), head.shape_count, "identity"),
        _offsets(parameters.get("static_offset"), folder),
        _name(path, folder),
    )
    avatar = MeshBoundAvatar(head, identity, binding.long(), local)
    return avatar, _motion(parameters, head)


def gaussian_motion(avatar: MeshBoundAvatar, states: HeadState, fps: float = 25.0) -> Motion:
    """The states [T] that a folder brings as a motion; its files tell no rate, 25 is usual."""
    frames = states.frames or 1
    return Motion(
        states=states,
        arkit=torch.zeros(frames, len(ARKIT_NAMES)),
        fps=fps,
        valid=torch.ones(frames, dtype=torch.bool),
        head=avatar.head.version,
        names=avatar.head.expression_names[: states.expression.shape[-1]],
        fingerprint=avatar.head.fingerprint,
        has_arkit=False,
    )


def _parameters(path: Path) -> Arrays:
    if not path.is_file():
        raise UnreadableFile(
            f"{shown(path)} is missing: the splats alone say nothing about the face.",
            f"Copy {PARAMETERS} beside {SPLATS}.",
        )
    arrays = read_npz(path, only=(*_KEYS, "static_offset"))
    lacking = [key for key in _KEYS if key not in arrays]
    frames = len(arrays["expr"]) if "expr" in arrays and arrays["expr"].ndim == 2 else 0
    wrong = [
        key
        for key, width in _WIDTHS.items()
        if not lacking and arrays[key].shape != (frames, width)
    ]
    if lacking or wrong or not frames:
        raise UnreadableFile(
            f"{shown(path)} is no parameter file: '{(lacking or wrong or ['expr'])[0]}' is missing "
            "or has another shape.",
            "Use the file that the training program wrote beside the splats.",
        )
    if not all(np.isfinite(values).all() for values in arrays.values()):
        raise UnreadableFile(f"{shown(path)} holds numbers that are not finite.", "Copy it again.")
    return arrays


def _motion(parameters: Arrays, head: HeadModel) -> HeadState:
    def tensor(values: NDArray[np.generic]) -> torch.Tensor:
        return torch.from_numpy(np.array(values, np.float32, order="C"))

    frames = len(parameters["expr"])
    eyes = parameters["eyes_pose"]
    return HeadState(
        expression=_fitting(parameters["expr"], head.expression_count, "expression"),
        jaw_pose=tensor(parameters["jaw_pose"]),
        neck_pose=tensor(parameters["neck_pose"]),
        leye_pose=tensor(eyes[:, :3]),
        reye_pose=tensor(eyes[:, 3:]),
        global_orient=tensor(parameters["rotation"]),
        transl=tensor(parameters["translation"]),
        eyelids=torch.zeros(frames, 2),
    )


def _fitting(values: NDArray[np.generic], count: int, what: str) -> torch.Tensor:
    """Coefficients [..., <= count]; what a head lacks may only be zero."""
    numbers = np.asarray(values, np.float32)
    if numbers.shape[-1] > count and np.any(numbers[..., count:]):
        raise HeadMismatch(
            f"The avatar needs {numbers.shape[-1]} {what} directions, the head has {count}.",
            "Import the full FLAME 2023 model with `avatar-gui head import`.",
        )
    return torch.from_numpy(np.array(numbers[..., :count], np.float32, order="C"))


def _offsets(values: NDArray[np.generic] | None, folder: Path) -> torch.Tensor | None:
    if values is None:
        return None
    offsets = np.array(values, np.float32, order="C")
    if offsets.ndim == 3 and len(offsets) == 1:
        offsets = offsets[0]
    if offsets.shape == (FLAME_VERTICES, 3):  # from before the teeth
        offsets = np.pad(offsets, ((0, VERTICES - FLAME_VERTICES), (0, 0)))
    if offsets.shape != (VERTICES, 3):
        raise UnreadableFile(
            f"{shown(folder / PARAMETERS)}: static_offset is {list(offsets.shape)}, not "
            f"{[VERTICES, 3]}.",
            "Use the file that the training program wrote beside the splats.",
        )
    return torch.from_numpy(offsets)


def _name(path: Path, folder: Path) -> str:
    """What the person is called: the model's folder, not the iteration's."""
    named = folder.parent.parent if folder.name.startswith("iteration_") else folder
    return named.name or path.stem
