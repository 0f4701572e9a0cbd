"""Small heads for tests: an egg with a nose and two eyeballs, sampled as finely as asked."""

from dataclasses import replace

import numpy as np
import torch

from avatars.head.model import HeadModel
from avatars.head.tables import ARKIT_NAMES, MEDIAPIPE, ArkitTable, Landmarks

EYE = np.array([0.032, 0.02, 0.055])
EYE_RADIUS = 0.013
JAW = np.array([0.0, -0.03, -0.01])
SHAPES = 5


def egg(columns: int, rows: int, betas=(0.0,) * SHAPES):
    """Points of the skin and of the sphere it comes from; open at the neck and at the crown."""
    around = np.linspace(-np.pi, np.pi, columns, endpoint=False)
    height = np.linspace(-1.1, 1.35, rows)
    theta, phi = (grid.ravel() for grid in np.meshgrid(around, height))
    sphere = np.stack(
        [np.sin(theta) * np.cos(phi), np.sin(phi), np.cos(theta) * np.cos(phi)], axis=-1
    )
    points = sphere * [0.075, 0.11, 0.095]
    nose = np.exp(-((sphere[:, 0] / 0.15) ** 2) - ((sphere[:, 1] + 0.1) / 0.2) ** 2)
    points[:, 2] += 0.02 * nose * (sphere[:, 2] > 0)
    return points + shape_fields(sphere) @ np.asarray(betas), sphere


def shape_fields(sphere):
    """Identity directions [N, 3, SHAPES] that do not depend on the sampling."""
    x, y, z = sphere.T
    zero = np.zeros_like(x)
    front = np.clip(z, 0, 1) ** 2
    fields = [
        np.stack([0.004 * x, zero, zero], -1),
        np.stack([zero, 0.005 * y, zero], -1),
        np.stack([zero, zero, 0.005 * z * (y < 0) * (-y)], -1),
        np.stack([zero, zero, 0.004 * front * np.cos(5 * y)], -1),
        np.stack([0.003 * x * front, 0.002 * front, zero], -1),
    ]
    return np.stack(fields, axis=-1)


def expression_fields(sphere, count=51):
    """Local bumps [N, 3, count] on the face that do not depend on the sampling."""
    rng = np.random.default_rng(7)
    centres = np.stack([rng.uniform(-0.6, 0.6, count), rng.uniform(-0.6, 0.6, count)], -1)
    ways = rng.normal(size=(count, 3))
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    away = ((sphere[:, None, :2] - centres) ** 2).sum(-1)  # [N, count]
    size = 0.006 * np.exp(-away / 0.12) * np.clip(sphere[:, 2:], 0, 1)
    return (size[:, :, None] * ways).transpose(0, 2, 1)


def grid_faces(columns, rows):
    """Triangles [F, 3] of a grid that closes around, and the same in a UV grid with a seam."""
    faces, uv_faces = [], []
    for row in range(rows - 1):
        for column in range(columns):
            a, b = row * columns + column, row * columns + (column + 1) % columns
            c, d = b + columns, a + columns
            faces += [(a, b, c), (a, c, d)]
            u = row * (columns + 1) + column
            uv_faces += [(u, u + 1, u + columns + 2), (u, u + columns + 2, u + columns + 1)]
    return np.array(faces), np.array(uv_faces)


def ball(centre, rings=7, spokes=12):
    """A closed eyeball: points and triangles."""
    turns = np.linspace(0, np.pi, rings)[1:-1]
    spins = np.linspace(0, 2 * np.pi, spokes, endpoint=False)
    body = [(np.sin(t) * np.cos(s), np.sin(t) * np.sin(s), np.cos(t)) for t in turns for s in spins]
    points = np.array([(0, 0, 1), *body, (0, 0, -1)]) * EYE_RADIUS + centre
    faces = []
    for s in range(spokes):
        after = (s + 1) % spokes
        faces.append((0, 1 + s, 1 + after))
        for ring in range(len(turns) - 1):
            a, b = 1 + ring * spokes + s, 1 + ring * spokes + after
            faces += [(a, a + spokes, b + spokes), (a, b + spokes, b)]
        last = 1 + (len(turns) - 1) * spokes
        faces.append((last + s, len(points) - 1, last + after))
    return points, np.array(faces)


def head_arrays(columns=48, rows=36, betas=(0.0,) * SHAPES):
    """Everything a test head is made of, as numpy arrays."""
    skin, sphere = egg(columns, rows, betas)
    faces, uv_faces = grid_faces(columns, rows)
    count = len(skin)
    grid = np.meshgrid(np.linspace(0.02, 0.98, columns + 1), np.linspace(0.2, 0.98, rows))
    uvs = np.stack([part.ravel() for part in grid], -1)
    vertices, shapes = [skin], [shape_fields(sphere)]
    moves = [expression_fields(sphere)]
    weights = np.zeros((count, 5))
    low = np.clip((-0.2 - sphere[:, 1]) / 0.3, 0, 1) * np.clip(sphere[:, 2] * 3, 0, 1)
    weights[:, 2] = low
    weights[:, 1] = 1 - low
    all_weights, masks = [weights], {}
    for side, sign in ((0, 1), (1, -1)):
        points, ball_faces = ball(EYE * [sign, 1, 1])
        faces = np.concatenate([faces, ball_faces + sum(map(len, vertices))])
        corner = np.stack(
            [0.05 + 0.1 * (side * 2 + (points[:, 0] - EYE[0] * sign) * 30), points[:, 1] * 3], -1
        )
        uv_faces = np.concatenate([uv_faces, ball_faces + len(uvs)])
        uvs = np.concatenate([uvs, np.clip(corner, 0, 0.15 + 0.2 * side)])
        masks[side] = slice(sum(map(len, vertices)), sum(map(len, vertices)) + len(points))
        vertices.append(points)
        shapes.append(np.zeros((len(points), 3, SHAPES)))
        moves.append(np.zeros((len(points), 3, moves[0].shape[-1])))
        ball_weights = np.zeros((len(points), 5))
        ball_weights[:, 3 + side] = 1
        all_weights.append(ball_weights)
    total = sum(map(len, vertices))
    regressor = np.zeros((5, total))
    points = np.concatenate(vertices)
    for side in (0, 1):
        regressor[3 + side, masks[side]] = 1 / (masks[side].stop - masks[side].start)
    for joint, place in ((0, (0, -0.15, -0.03)), (1, (0, -0.08, -0.03)), (2, JAW)):
        system = np.concatenate([points[:count].T - np.array(place)[:, None], np.ones((1, count))])
        regressor[joint, :count] = np.linalg.pinv(system) @ [0, 0, 0, 1]
    return {
        "v_template": points,
        "faces": faces,
        "shapedirs": np.concatenate(shapes),
        "exprdirs": np.concatenate(moves),
        "posedirs": np.zeros((total, 3, 36)),
        "J_regressor": regressor,
        "lbs_weights": np.concatenate(all_weights),
        "uvs": uvs,
        "uv_faces": uv_faces,
        "sphere": sphere,
        "eyes": masks,
    }


def small_head(**changes) -> HeadModel:
    """The egg as a complete head: regions, 478 landmarks and an ARKit table included."""
    arrays = head_arrays()
    count = len(arrays["sphere"])
    total = len(arrays["v_template"])
    regions = {
        name: np.zeros(total, bool) for name in ("lips", "nose", "neck", "scalp", "cheek_left")
    }
    sphere = arrays["sphere"]
    front = sphere[:, 2] > 0
    regions["nose"][:count] = front & (abs(sphere[:, 0]) < 0.2) & (abs(sphere[:, 1] + 0.1) < 0.2)
    regions["lips"][:count] = front & (abs(sphere[:, 0]) < 0.3) & (abs(sphere[:, 1] + 0.45) < 0.1)
    regions["neck"][:count] = sphere[:, 1] < -0.8
    regions["scalp"][:count] = sphere[:, 1] > 0.6
    regions["cheek_left"][:count] = front & (sphere[:, 0] > 0.4) & (abs(sphere[:, 1] + 0.1) < 0.3)
    for side, name in enumerate(("eyeball_left", "eyeball_right")):
        regions[name] = np.zeros(total, bool)
        regions[name][arrays["eyes"][side]] = True
    expressions = arrays["exprdirs"].shape[-1]
    fields = {
        "v_template": arrays["v_template"],
        "shapedirs": arrays["shapedirs"],
        "exprdirs": arrays["exprdirs"],
        "posedirs": arrays["posedirs"],
        "J_regressor": arrays["J_regressor"],
        "lbs_weights": arrays["lbs_weights"],
        "uvs": arrays["uvs"],
    }
    head = HeadModel(
        **{name: torch.from_numpy(values).float() for name, values in fields.items()},
        faces=torch.from_numpy(arrays["faces"]),
        uv_faces=torch.from_numpy(arrays["uv_faces"]),
        parents=(-1, 0, 1, 1, 1),
        expression_names=tuple(f"bump_{i}" for i in range(expressions)),
        name="egg",
        version="test",
        regions={name: torch.from_numpy(mask) for name, mask in regions.items()},
        landmarks={MEDIAPIPE: _landmarks(arrays)},
        arkit=arkit_table(expressions),
    )
    return replace(head, **changes) if changes else head


def _landmarks(arrays) -> Landmarks:
    sphere, faces = arrays["sphere"], arrays["faces"]
    count = len(sphere)
    centre = sphere[faces[(faces < count).all(1)]].mean(1)
    face = np.flatnonzero((centre[:, 2] > 0.5) & (abs(centre[:, 1]) < 0.8))
    chosen = np.resize(face, 468)
    balls = [
        np.flatnonzero(
            (faces >= arrays["eyes"][side].start).all(1)
            & (faces < arrays["eyes"][side].stop).all(1)
        )[:5]
        for side in (1, 0)
    ]
    ids = np.concatenate([chosen, *balls])
    return Landmarks(torch.from_numpy(ids), torch.full((478, 3), 1 / 3))


def arkit_table(expressions: int) -> ArkitTable:
    """Name k is expression k; jawOpen turns the jaw, eyeLook* the eyes, tongueOut is nothing."""
    rows = len(ARKIT_NAMES)
    expression = torch.zeros(rows, expressions)
    expression[torch.arange(min(rows, expressions)), torch.arange(min(rows, expressions))] = 1
    poses = {name: torch.zeros(rows, 3) for name in ("jaw", "left", "right")}
    poses["jaw"][ARKIT_NAMES.index("jawOpen"), 0] = 0.3
    for way, axis, angle in (("Up", 0, -0.5), ("Down", 0, 0.5), ("Out", 1, 0.5), ("In", 1, -0.5)):
        poses["left"][ARKIT_NAMES.index(f"eyeLook{way}Left"), axis] = angle
        mirrored = -angle if axis else angle
        poses["right"][ARKIT_NAMES.index(f"eyeLook{way}Right"), axis] = mirrored
    return ArkitTable(expression, poses["jaw"], poses["left"], poses["right"], torch.zeros(rows, 2))


def uv_sphere(centre, radius, box, columns=48, rows=31):
    """A closed sphere: points, triangles, and its texture layout in box (u0, v0, u1, v1).

    Longitude grows with u (the seam is behind), latitude with v; a pole has a place per column.
    """
    latitude = np.linspace(-np.pi / 2, np.pi / 2, rows + 2)
    longitude = np.linspace(-np.pi, np.pi, columns, endpoint=False)
    theta, phi = (grid.ravel() for grid in np.meshgrid(longitude, latitude[1:-1]))
    body = np.stack([np.sin(theta) * np.cos(phi), np.sin(phi), np.cos(theta) * np.cos(phi)], -1)
    points = np.concatenate([body, [[0, -1, 0], [0, 1, 0]]]) * radius + centre
    faces, uv_faces = (part.tolist() for part in grid_faces(columns, rows))
    grid = np.meshgrid(np.linspace(0, 1, columns + 1), np.linspace(0, 1, rows + 2)[1:-1])
    middle = (np.arange(columns) + 0.5) / columns
    places = [np.stack([part.ravel() for part in grid], -1)]
    places += [np.stack([middle, np.full(columns, v)], -1) for v in (0.0, 1.0)]
    uvs = np.concatenate(places)
    south = len(body)
    last, above = (rows - 1) * columns, (rows - 1) * (columns + 1)
    first_pole = rows * (columns + 1)
    for a in range(columns):
        b = (a + 1) % columns
        faces += [(south, b, a), (last + a, last + b, south + 1)]
        uv_faces += [
            (first_pole + a, a + 1, a),
            (above + a, above + a + 1, first_pole + columns + a),
        ]
    low, high = np.array(box[:2]), np.array(box[2:])
    return points, np.array(faces), low + uvs * (high - low), np.array(uv_faces)


RADIUS = 0.1
"""Of the skin of ``uv_head``, metres."""


def uv_head(**changes) -> HeadModel:
    """A ball with eyes and a clean layout: skin and two eyeballs as three islands.

    Expressions: ``stretch`` makes it 1.8 times as tall at weight 1, ``shear`` leans it. Shapes:
    ``size`` makes it a tenth larger, ``depth`` half as deep again. The jaw turns the lower front.
    """
    pieces = [uv_sphere(np.zeros(3), RADIUS, (0.02, 0.3, 0.98, 0.98))]
    for sign, box in ((1, (0.55, 0.04, 0.95, 0.25)), (-1, (0.05, 0.04, 0.45, 0.25))):
        pieces.append(uv_sphere(np.array([0.03 * sign, 0.02, 0.088]), 0.012, box, 16, 9))
    counts = np.cumsum([0] + [len(piece[0]) for piece in pieces])
    places = np.cumsum([0] + [len(piece[2]) for piece in pieces])
    points = np.concatenate([piece[0] for piece in pieces])
    faces = np.concatenate([piece[1] + counts[i] for i, piece in enumerate(pieces)])
    uv_faces = np.concatenate([piece[3] + places[i] for i, piece in enumerate(pieces)])
    x, y, z = points.T
    zero = np.zeros_like(x)
    jaw = np.clip((-0.02 - y) / 0.03, 0, 1) * np.clip(z / 0.03, 0, 1)
    weights = np.zeros((len(points), 5))
    weights[:, 1], weights[:, 2] = 1 - jaw, jaw
    regressor = np.zeros((5, len(points)))
    for joint, place in ((0, (0, -0.12, 0)), (1, (0, -0.08, 0)), (2, (0, -0.01, 0))):
        skin = points[: counts[1]].T
        system = np.concatenate([skin - np.array(place)[:, None], np.ones((1, counts[1]))])
        regressor[joint, : counts[1]] = np.linalg.pinv(system) @ [0, 0, 0, 1]
    for joint, first in ((3, 1), (4, 2)):
        rows = slice(counts[first], counts[first + 1])
        weights[rows] = np.eye(5)[joint]
        regressor[joint, rows] = 1 / (counts[first + 1] - counts[first])
    fields = {
        "v_template": points,
        "shapedirs": np.stack([0.1 * points, np.stack([zero, zero, 0.5 * z], -1)], -1),
        "exprdirs": np.stack(
            [np.stack([zero, 0.8 * y, zero], -1), np.stack([0.5 * y, zero, zero], -1)], -1
        ),
        "posedirs": np.zeros((len(points), 3, 36)),
        "J_regressor": regressor,
        "lbs_weights": weights,
        "uvs": np.concatenate([piece[2] for piece in pieces]),
    }
    eyeballs = torch.from_numpy((faces >= counts[1]).all(1))
    head = HeadModel(
        **{name: torch.from_numpy(values).float() for name, values in fields.items()},
        faces=torch.from_numpy(faces),
        uv_faces=torch.from_numpy(uv_faces),
        parents=(-1, 0, 1, 1, 1),
        expression_names=("stretch", "shear"),
        shape_names=("size", "depth"),
        name="ball",
        version="test",
        parts={"skin": ~eyeballs, "eyeballs": eyeballs},
    )
    return replace(head, **changes) if changes else head
