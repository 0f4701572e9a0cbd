"""The neutral head, put together from its parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatars.head.default import eyes, mouth, rig, spreading
from avatars.head.default.cranium import add_cranium, face_oval
from avatars.head.default.detail import refined, with_nostrils, with_soft_oval
from avatars.head.default.ear_seam import SewnEars, sew_ears
from avatars.head.default.face import build_face, eyeball_centre
from avatars.head.default.laplacian import Sparse
from avatars.head.default.measurements import Measurements, load_measurements, with_landmarks
from avatars.head.default.subdivide import interpolating_control, loop_step
from avatars.head.default.topology import Floats, Ints, MirrorMesh

LANDMARKS = 468
OUTER_CORNER = 33
MOUTH_CORNER = 78
LID_CLEARANCE = 0.7
"""Least distance (mm) of lid skin from the eyeball."""


@dataclass(frozen=True)
class LidColumns:
    """What moves with what round one eye, in the order of the lid loop.

    Attributes:
        margin: [32] skin vertices of the lid margin, starting at the outer corner.
        rim: [32] the vertex inside the eyeball that follows each margin vertex.
        landmarks: [32, 2] the landmarks that a margin vertex lies between (twice the same for a
            landmark itself).
        landmark_weights: [32, 2] their shares.
        centre: [3] centre of the eyeball, metres.
        radius: of the eyeball, metres.
    """

    margin: Ints
    rim: Ints
    landmarks: Ints
    landmark_weights: Floats
    centre: Floats
    radius: float


@dataclass(frozen=True)
class NeutralHead:
    """The head at rest. Lengths are metres, indices count from zero.

    Attributes:
        v_template: [V, 3]; vertices 0-467 are the FaceMesh landmarks.
        faces: [F, 3] counter-clockwise seen from outside; the second half mirrors the first.
        mirror: [V] index of each vertex's mirror image.
        parts: vertex ids by name: skin, left_ear, right_ear, lid_rims, mouth_bag, left_eyeball,
            right_eyeball, teeth_upper, teeth_lower, tongue; they share no vertex.
        part_faces: face ids by the same names.
        loops: ordered vertex ids: neck, lips (inner, where the bag begins), left_lid, right_lid
            (margins), left_rim, right_rim (where the surface ends), left_ear, right_ear (edges of
            the auricles, not a border).
        landmark_faces: [852, 3] triangles of the 468-point mesh.
        landmark_map: [V, 468] sparse; displacement of the head for one of the landmarks.
        left_lid: what moves with what round the left eye.
        right_lid: the same for the right eye, column by column the mirror image.
        joints: [5, 3] root, neck, jaw, left eye, right eye.
        parents: [5] parent of each joint, -1 for the root.
        lbs_weights: [V, 5] skinning weights, rows sum to one.
        joint_regressor: [5, V] joints as weighted sums of vertices.
        jaw_share: [V] 0..1 how far a vertex follows the jaw (its weight before the neck's share).
    """

    v_template: Floats
    faces: Ints
    mirror: Ints
    parts: dict[str, Ints]
    part_faces: dict[str, Ints]
    loops: dict[str, Ints]
    landmark_faces: Ints
    landmark_map: Sparse
    left_lid: LidColumns
    right_lid: LidColumns
    joints: Floats
    parents: Ints
    lbs_weights: Floats
    joint_regressor: Floats
    jaw_share: Floats


def build_neutral(landmarks: Floats | None = None) -> NeutralHead:
    """The head at rest, always the same to the last few bits.

    Args:
        landmarks: [468, 3] mean face in metres to use instead of the shipped one.
    """
    measurements = load_measurements()
    if landmarks is not None:
        measurements = with_landmarks(measurements, landmarks)
    centre = eyeball_centre(measurements)
    face = build_face(measurements)
    sewn, neck = _build_skin(face, centre, measurements.eyeball_radius)
    skin, ear = sewn.mesh, sewn.right
    skin_count = len(skin.vertices)
    jaw = rig.jaw_weights(skin, np.concatenate([ear, skin.mirror[ear]]))
    skin_rows = spreading.skin_map(skin, LANDMARKS, np.concatenate([ear, skin.mirror[ear]]))

    mesh, rim = eyes.add_lid_rims(skin, centre, OUTER_CORNER)
    mesh, lips, bag = mouth.add_bag(mesh, MOUTH_CORNER)
    mesh, ball = eyes.add_eyeballs(mesh, centre, measurements.eyeball_radius)
    mesh, upper = mouth.add_teeth(mesh, mouth.UPPER)
    mesh, lower = mouth.add_teeth(mesh, mouth.LOWER)
    mesh, tongue = mouth.add_tongue(mesh)

    parts = {
        "skin": np.setdiff1d(np.arange(skin_count), np.concatenate([ear, mesh.mirror[ear]])),
        "left_ear": np.sort(mesh.mirror[ear]),
        "right_ear": np.sort(ear),
        "lid_rims": np.sort(np.concatenate([rim.rim, mesh.mirror[rim.rim]])),
        "mouth_bag": bag,
        "left_eyeball": np.sort(mesh.mirror[ball]),
        "right_eyeball": ball,
        "teeth_upper": upper,
        "teeth_lower": lower,
        "tongue": tongue,
    }
    eyeballs = (parts["left_eyeball"], parts["right_eyeball"])
    share = np.zeros(len(mesh.vertices))
    share[:skin_count] = jaw
    share[bag] = rig.bag_jaw_weights(jaw[lips], mouth.lip_sides(mesh.vertices[lips]))
    share[lower] = 1.0
    depth = mesh.vertices[tongue, 2]
    share[tongue] = np.interp(depth, [36.0, 60.0], [0.78, 0.97])
    rest = rig.joints(centre)
    followers = _followers(rim, lips, bag, mesh.mirror)
    return NeutralHead(
        v_template=mesh.vertices * 1e-3,
        faces=mesh.faces,
        mirror=mesh.mirror,
        parts=parts,
        part_faces=_part_faces(mesh.faces, parts),
        loops={
            "neck": neck,
            "lips": lips,
            "left_lid": mesh.mirror[rim.margin],
            "right_lid": rim.margin,
            "left_rim": mesh.mirror[rim.rim],
            "right_rim": rim.rim,
            "left_ear": mesh.mirror[sewn.right_rim],
            "right_ear": sewn.right_rim,
        },
        landmark_faces=face.faces,
        landmark_map=spreading.head_map(skin_rows, len(mesh.vertices), followers),
        left_lid=_lid_columns(rim, mesh.mirror, measurements, left=True),
        right_lid=_lid_columns(rim, mesh.mirror, measurements, left=False),
        joints=rest * 1e-3,
        parents=rig.PARENTS,
        lbs_weights=rig.skinning_weights(mesh.vertices, share, eyeballs),
        joint_regressor=rig.joint_regressor(mesh.vertices, parts["skin"], eyeballs, rest, share),
        jaw_share=share,
    )


def _build_skin(face: MirrorMesh, centre: Floats, radius: float) -> tuple[SewnEars, Ints]:
    """Skin with ears, and the ids [72] of the neck loop in order."""
    coarse, neck = add_cranium(face)
    coarse = refined(coarse, LANDMARKS)
    step = loop_step(coarse)
    control = interpolating_control(step, coarse.vertices, LANDMARKS)
    fine = MirrorMesh(step.matrix @ control, step.right_faces, step.mirror)
    fine = with_nostrils(fine.moved(fine.vertices), LANDMARKS)
    fine = with_soft_oval(fine, face_oval(face), LANDMARKS)
    fine = fine.moved(eyes.pushed_off_ball(fine.vertices, centre, radius, LID_CLEARANCE))
    sewn = sew_ears(fine)
    middles = {frozenset(map(int, e)): len(coarse.vertices) + i for i, e in enumerate(step.edges)}
    loop = [
        vertex
        for a, b in zip(neck, np.roll(neck, -1), strict=True)
        for vertex in (int(a), middles[frozenset((int(a), int(b)))])
    ]
    return sewn, sewn.index[np.array(loop)]


def _followers(
    rim: eyes.LidRim, lips: Ints, bag: Ints, mirror: Ints
) -> list[tuple[Ints, Ints, float]]:
    """Which vertices beside the skin move with which skin vertices, and by how much."""
    result = [(rim.rim, rim.margin, 1.0), (mirror[rim.rim], mirror[rim.margin], 1.0)]
    rings = bag[:-1].reshape(-1, len(lips))
    for ring, share in zip(rings, spreading.BAG_FADE, strict=True):
        if share > 0:
            result.append((ring, lips, share))
    return result


def _lid_columns(
    rim: eyes.LidRim, mirror: Ints, measurements: Measurements, *, left: bool
) -> LidColumns:
    size = len(rim.margin)
    landmarks = np.zeros((size, 2), dtype=np.int64)
    for i, vertex in enumerate(rim.margin):
        around = (i - 1) % size, (i + 1) % size
        ends = (vertex, vertex) if vertex < LANDMARKS else rim.margin[list(around)]
        landmarks[i] = ends
    centre = eyeball_centre(measurements) * 1e-3
    return LidColumns(
        margin=mirror[rim.margin] if left else rim.margin,
        rim=mirror[rim.rim] if left else rim.rim,
        landmarks=mirror[landmarks] if left else landmarks,
        landmark_weights=np.full((size, 2), 0.5),
        centre=centre if left else centre * [-1.0, 1.0, 1.0],
        radius=measurements.eyeball_radius * 1e-3,
    )


def _part_faces(faces: Ints, parts: dict[str, Ints]) -> dict[str, Ints]:
    """Face ids by part; a face between two parts belongs to the one named later."""
    order = list(parts)
    label = np.zeros(faces.max() + 1, dtype=np.int64)
    for i, name in enumerate(order):
        label[parts[name]] = i
    owner = label[faces].max(axis=1)
    return {name: np.flatnonzero(owner == i) for i, name in enumerate(order)}
