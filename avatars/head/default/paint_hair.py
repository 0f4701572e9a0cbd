"""Short hair: strands along a flow from the whorl at the crown, and how far it stands off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from avatars.head.default.build import NeutralHead
from avatars.head.default.hairline import inside_hairline
from avatars.head.default.noise import mixed, smooth_step, value_noise
from avatars.head.default.paint_skin import auricle
from avatars.head.default.texels import Texels
from avatars.head.default.topology import Floats

DARK = (0.120, 0.078, 0.056)
MIDDLE = (0.265, 0.172, 0.115)
LIGHT = (0.500, 0.345, 0.225)
WHORL: Floats = np.array([9.0, 118.0, -46.0])
MIDDLE_OF_HEAD: Floats = np.array([0.0, 28.0, -12.0])
RADIUS = 92.0
LAMP: Floats = np.array([0.0, 0.80, 0.60])
TOP_LENGTH = 10.5
SIDE_LENGTH = 5.5
NAPE_LENGTH = 2.5
"""How far (mm) the hair stands off the skin."""
EAR_CLEARANCE = 15.0


@dataclass(frozen=True)
class Hair:
    """Hair on the texels.

    Attributes:
        cover: [K] 0..1 how much of the skin it hides.
        colour: [K, 3].
        height: [K] metres off the skin.
    """

    cover: Floats
    colour: Floats
    height: Floats


def paint_hair(neutral: NeutralHead, texels: Texels) -> Hair:
    """Hair of the whole scalp; nothing on ears and other islands."""
    ears = texels.islands["ear_right"] | texels.islands["ear_left"]
    rooted = texels.islands["skin"] | ears
    bare = smooth_step(0.15, 0.45, auricle(neutral, texels))
    inside = np.full(len(rooted), -50.0)
    inside[rooted] = inside_hairline(neutral, texels.points[rooted])
    cover, height = np.zeros(len(rooted)), np.zeros(len(rooted))
    colour = np.tile(np.array(DARK), (len(rooted), 1))
    at = inside > -12.0
    points, depth = texels.points[at], inside[at]
    flow = Flow.at(points)
    strand = flow.strands(0.75, 26.0, 71)
    fine = flow.strands(0.45, 14.0, 72)
    clump = flow.strands(4.2, 36.0, 73)
    lock = flow.strands(9.0, 50.0, 74)
    front = smooth_step(45.0, 75.0, points[:, 1])
    low = smooth_step(10.0, -30.0, points[:, 1])
    # Locks end unevenly in front, a little lower on the side that they are brushed to.
    ragged = depth + 1.7 * fine + 1.4 * strand + (1.2 + 2.6 * front) * clump
    ragged += front * (3.6 * lock + 3.0 * np.tanh(points[:, 0] / 25))
    soft = 3.2 + 2.5 * (1 - front) + 5.0 * low
    cover[at] = smooth_step(-1.5 - 3 * low, soft, ragged) * (1 - bare[at])
    colour[at] = _colour(texels.normals[at], flow, (strand, fine, clump, lock), depth)
    lobes = np.concatenate([neutral.parts["left_ear"], neutral.parts["right_ear"]])
    gap: Floats = np.asarray(cKDTree(neutral.v_template[lobes] * 1e3).query(points)[0])
    away = _height(points, texels.normals[at], (depth, gap), (strand, clump, lock))
    # Only what is hair stands off: skin seen between the strands stays where it is.
    height[at] = 1e-3 * away * smooth_step(0.30, 0.85, cover[at])
    return Hair(cover, colour, height)


@dataclass(frozen=True)
class Flow:
    """Directions of growth.

    Attributes:
        away: [N] angle (rad) from the whorl.
        turn: [N] direction (rad) about the whorl, bent by waves.
        along: [N, 3] unit vectors from root to tip.
    """

    away: Floats
    turn: Floats
    along: Floats

    @classmethod
    def at(cls, points: Floats) -> Flow:
        """The flow at points [N, 3], mm."""
        axis = (WHORL - MIDDLE_OF_HEAD) / np.linalg.norm(WHORL - MIDDLE_OF_HEAD)
        side = np.cross([0.0, 0.0, 1.0], axis)
        side /= np.linalg.norm(side)
        front = np.cross(axis, side)
        out = points - MIDDLE_OF_HEAD
        out = out / np.linalg.norm(out, axis=1, keepdims=True)
        away = np.arccos(np.clip(out @ axis, -1, 1))
        turn = np.arctan2(out @ side, out @ front)
        # A spiral at the whorl, waves further out.
        turn = turn + 0.9 * np.exp(-away / 0.35)
        # In front it is brushed to one side.
        turn = turn - 0.42 * smooth_step(0.45, 1.35, away) * smooth_step(0.2, 0.9, np.cos(turn))
        turn = turn + 0.040 * value_noise(points, 30.0, 75) + 0.010 * value_noise(points, 9.0, 76)
        along = out * (out @ axis)[:, None] - axis
        along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
        return cls(away, turn, along)

    def strands(self, width: float, length: float, seed: int) -> Floats:
        """[N] noise that is `width` mm wide across the flow and `length` mm long, mean 0."""
        wished = np.log2(np.maximum(RADIUS * np.sin(np.minimum(self.away, 2.2)) / width, 1.0))
        level = np.floor(wished).astype(int)
        total = np.zeros(len(wished))
        # The circle about the whorl grows with the distance: blend octaves, keep the width.
        for octave in np.unique(np.concatenate([level, level + 1])):
            share = np.maximum(1 - np.abs(wished - octave), 0)
            at = share > 0
            size = 2.0**octave
            place = np.stack(
                [
                    np.cos(self.turn[at]) * size,
                    np.sin(self.turn[at]) * size,
                    RADIUS * self.away[at] / length + 3.1 * octave,
                ],
                axis=1,
            )
            total[at] += share[at] * value_noise(place, 1.0, seed + 100 * int(octave))
        return total


def _colour(
    normals: Floats, flow: Flow, noises: tuple[Floats, Floats, Floats, Floats], depth: Floats
) -> Floats:
    strand, fine, clump, lock = noises
    tone = 0.42 + 0.19 * strand + 0.17 * fine + 0.06 * clump + 0.04 * lock
    colour = mixed(np.tile(np.array(DARK), (len(tone), 1)), MIDDLE, np.clip(tone * 1.6, 0, 1))
    colour = mixed(colour, LIGHT, 0.55 * smooth_step(0.55, 1.0, tone))
    # The sheen of hair: brightest where strands lie across the way to the lamp, as a band.
    across = normals + LAMP / np.linalg.norm(LAMP)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    lean = (flow.along * across).sum(axis=1) + 0.05 * clump + 0.06 * strand
    toward = np.clip(normals @ (LAMP / np.linalg.norm(LAMP)), 0, 1)
    sheen = np.exp(-((lean / 0.20) ** 2)) * toward * np.clip(0.62 + 0.5 * strand, 0, 1.2)
    colour = mixed(colour, (0.66, 0.50, 0.36), 0.42 * np.clip(sheen, 0, 1))
    gaps = smooth_step(-0.35, -1.1, clump + 0.4 * strand)
    shade = (1 - 0.24 * gaps) * (0.90 + 0.10 * smooth_step(0, 9, depth))
    shaded: Floats = colour * shade[:, None]
    return shaded


def _height(
    points: Floats,
    normals: Floats,
    gaps: tuple[Floats, Floats],
    noises: tuple[Floats, Floats, Floats],
) -> Floats:
    """[N] mm off the skin.

    Args:
        points: [N, 3] mm.
        normals: [N, 3] unit.
        gaps: distances (mm) from the hairline and from the ears.
        noises: strands, clumps, locks.
    """
    depth, ear_gap = gaps
    strand, clump, lock = noises
    top = smooth_step(0.08, 0.80, normals[:, 1])
    nape = smooth_step(5.0, -50.0, points[:, 1])
    length = SIDE_LENGTH + (TOP_LENGTH - SIDE_LENGTH) * top - (SIDE_LENGTH - NAPE_LENGTH) * nape
    front = np.exp(-(((points[:, 1] - 92) / 20) ** 2)) * smooth_step(40.0, 75.0, points[:, 2])
    length = length + 3.0 * front
    # Rising from the hairline, slowest at the nape.
    ramp = 26.0 + 8.0 * nape
    rise = smooth_step(-1.0, 1.0, depth / ramp) * 2 - 1
    rise = np.clip(rise, 0, 1)
    rise *= smooth_step(1.0, EAR_CLEARANCE, ear_gap)
    ruffled = 1 + 0.16 * clump + 0.10 * lock + 0.10 * strand
    height: Floats = length * rise * np.clip(ruffled, 0.4, 1.6)
    return height
