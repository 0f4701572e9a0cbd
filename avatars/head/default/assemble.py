"""The built-in head as a ``HeadModel``, and the file it ships in.

``python -m avatars.head.default.assemble`` rewrites ``assets/heads/default.npz``.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avatars.head.default.build import NeutralHead, build_neutral
from avatars.head.default.expressions import ExpressionBasis, build_expressions
from avatars.head.default.identity import IdentityBasis, build_identity
from avatars.head.default.measurements import load_measurements
from avatars.head.default.regions_default import build_parts, build_regions
from avatars.head.default.uv import UvAtlas, build_uv
from avatars.head.head_file import at_vertices, write_head_file
from avatars.head.model import HeadModel
from avatars.head.tables import ARKIT_NAMES, MEDIAPIPE, ArkitTable

FILE = Path(__file__).resolve().parents[3] / "assets" / "heads" / "default.npz"
STEP = 2e-6  # metres: directions are stored as whole multiples of it
VERSION = "built-in 1"
LICENCE = "Apache-2.0"


def build_head(landmarks: NDArray[np.float64] | None = None) -> HeadModel:
    """The built-in head; takes some tens of seconds and always gives the same.

    Args:
        landmarks: [468, 3] mean face in metres to build on instead of the shipped one.
    """
    neutral = build_neutral(landmarks)
    return assembled(
        neutral, build_expressions(neutral), build_identity(neutral), build_uv(neutral)
    )


def assembled(
    neutral: NeutralHead, shown: ExpressionBasis, people: IdentityBasis, atlas: UvAtlas
) -> HeadModel:
    """All parts in one model."""
    faces = torch.from_numpy(neutral.faces.astype(np.int64))
    count = len(neutral.v_template)
    return HeadModel(
        v_template=_float(neutral.v_template),
        faces=faces,
        shapedirs=_float(people.directions),
        exprdirs=_float(shown.directions),
        posedirs=torch.zeros(count, 3, 36),
        J_regressor=_float(neutral.joint_regressor),
        parents=tuple(int(parent) for parent in neutral.parents),
        lbs_weights=_float(neutral.lbs_weights),
        uvs=_float(atlas.uvs),
        uv_faces=torch.from_numpy(atlas.uv_faces.astype(np.int64)),
        expression_names=tuple(shown.names),
        name="default",
        version=VERSION,
        licence=LICENCE,
        shape_names=tuple(people.names),
        regions={
            name: torch.from_numpy(np.asarray(mask, bool))
            for name, mask in build_regions(neutral, atlas).items()
        },
        parts={
            name: torch.from_numpy(np.asarray(mask, bool))
            for name, mask in build_parts(neutral).items()
        },
        landmarks={MEDIAPIPE: at_vertices(_landmark_vertices(neutral), neutral.faces, FILE)},
        arkit=_arkit(shown),
    )


def _float(values: NDArray[np.float64]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, np.float32))


def _landmark_vertices(neutral: NeutralHead) -> NDArray[np.int64]:
    """The first 468 vertices, then for each iris its centre and four rim points.

    An iris point becomes the eyeball vertex in the direction in which it was measured.
    """
    measured = load_measurements().iris
    measured = measured / 1e3 if np.abs(measured).max() > 1 else measured
    found = list(range(468))
    for lid, part, rows in (
        (neutral.right_lid, "right_eyeball", slice(0, 5)),
        (neutral.left_lid, "left_eyeball", slice(5, 10)),
    ):
        ids = neutral.parts[part]
        pole = ids[np.argmax(neutral.v_template[ids, 2])]
        points = measured[rows]
        rim = points[1:] - points[0]
        rim = lid.radius * np.sin(np.radians(29.0)) * rim / np.linalg.norm(rim, axis=1)[:, None]
        depth = lid.radius * np.cos(np.radians(29.0))
        found.append(int(pole))
        for offset in rim:
            place = lid.centre + np.array([offset[0], offset[1], depth])
            nearest = np.linalg.norm(neutral.v_template[ids] - place, axis=1).argmin()
            found.append(int(ids[nearest]))
    return np.array(found, np.int64)


def _arkit(shown: ExpressionBasis) -> ArkitTable:
    order = [shown.arkit_names.index(name) for name in ARKIT_NAMES]
    return ArkitTable(
        expression=_float(shown.arkit_expression[order]),
        jaw_pose=_float(shown.arkit_jaw_pose[order]),
        leye_pose=_float(shown.arkit_leye_pose[order]),
        reye_pose=_float(shown.arkit_reye_pose[order]),
        eyelids=torch.zeros(len(ARKIT_NAMES), 2),
    )


def main() -> None:
    """Rewrite the shipped file."""
    FILE.parent.mkdir(parents=True, exist_ok=True)
    write_head_file(FILE, build_head(), step=STEP)
    sys.stderr.write(f"Wrote {FILE} ({FILE.stat().st_size / 1e6:.1f} MB)\n")


if __name__ == "__main__":
    main()
