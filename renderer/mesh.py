"""A z-buffer of a triangle mesh, drawn on the CPU: for visibility, overlays and contact sheets.

``draw_mesh`` finds what is seen in each pixel; the functions of ``mesh_shading``, also exported
here, turn that into a picture. Everything takes torch tensors or numpy arrays and returns numpy;
results do not depend on the number of threads, and all functions may be called from several
threads at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from renderer.kernels import launch
from renderer.mesh_arrays import ArrayLike, Floats, Ints, as_faces, as_rows
from renderer.mesh_kernels import bin_rows, draw_bands
from renderer.mesh_setup_kernels import CUT, PIECES, clip, set_up
from renderer.mesh_shading import STUDIO, Studio, shade_flat, shade_smooth, shade_textured
from renderer.mesh_shading import interpolate as interpolate
from renderer.mesh_shading import vertex_normals as vertex_normals

if TYPE_CHECKING:
    from renderer.camera import Camera

__all__ = [
    "STUDIO",
    "MeshBuffer",
    "Studio",
    "draw_antialiased",
    "draw_mesh",
    "interpolate",
    "shade_flat",
    "shade_smooth",
    "shade_textured",
    "vertex_normals",
    "visible_vertices",
    "wireframe",
]

BAND_ROWS = 8
LARGEST_SIDE = 32768  # pixels; half of where triangles are cut off (mesh_setup_kernels.GUARD)


@dataclass(frozen=True, eq=False)
class MeshBuffer:
    """What of a mesh is seen in each pixel.

    Attributes:
        depth: [H, W] float32 distance along the viewing axis, metres; infinite where empty.
        face: [H, W] int32 index of the face seen; -1 where empty.
        barycentric: [H, W, 3] float32 weights of that face's corners at the point seen, in its
            plane (perspective-correct), >= 0, sum 1; 0 where empty.
    """

    depth: Floats
    face: Ints
    barycentric: Floats

    @property
    def mask(self) -> NDArray[np.bool_]:
        """[H, W] where the mesh is seen."""
        return self.face >= 0


def draw_mesh(
    camera: "Camera", vertices: ArrayLike, faces: ArrayLike, *, cull_back: bool = False
) -> MeshBuffer:
    """What of a mesh is seen in each pixel; a pixel is covered if its centre is.

    Faces are cut at the camera's near and far planes. An edge shared by two faces leaves no hole
    and gives each pixel to one of them (top-left rule, corners rounded to 1/4096 pixel). At equal
    depth the lower face index is seen. Faces without area, or with a corner that is not a finite
    number, are left out.

    Args:
        camera: no side longer than 32768 pixels.
        vertices: [V, 3] world space, metres.
        faces: [F, 3] vertex indices, counter-clockwise seen from outside.
        cull_back: leave out faces seen from behind.

    Raises:
        ValueError: wrong shapes, indices out of range, or a picture too large.
    """
    width, height = camera.width, camera.height
    if max(width, height) > LARGEST_SIDE:
        raise ValueError(f"{width} x {height} pixels is more than {LARGEST_SIDE} on a side")
    vertices = as_rows("vertices", vertices, 3)
    faces = as_faces("faces", faces, len(vertices))
    points = np.empty((len(vertices), 3))
    planes = np.empty((len(faces), 9))
    limits = np.empty((len(faces), 2))
    corners = np.empty((len(faces), 6), np.int32)
    spans = np.empty((len(faces), 4), np.int32)
    view = (float(camera.near), float(camera.far), height, width, int(cull_back))
    drawn = (corners, spans, limits)
    with launch():
        set_up(vertices, faces, _projection(camera), view, points, planes, drawn)
    triangles = _with_pieces(corners, spans, points, faces, view)
    bands = _bands(triangles[1], height)
    depth = np.empty((height, width), np.float32)
    face = np.empty((height, width), np.int32)
    barycentric = np.empty((height, width, 3), np.float32)
    scene = (points, faces, planes, view[0], view[1])
    with launch():
        draw_bands(bands, triangles, limits, scene, depth, face, barycentric)
    return MeshBuffer(depth, face, barycentric)


def visible_vertices(
    buffer: MeshBuffer, camera: "Camera", vertices: ArrayLike, tolerance_m: float
) -> NDArray[np.bool_]:
    """Mask [V] of vertices in the picture that no face hides by more than the tolerance.

    A vertex is compared with the farthest surface seen at the four pixel centres around it, so that
    a slope does not hide its own vertices; closer than a pixel to an outline the answer may go
    either way. Where none of the four sees the mesh nothing hides the vertex.

    Args:
        buffer: from ``draw_mesh`` with the same camera.
        camera: the camera.
        vertices: [V, 3] world space, metres; not finite means not visible.
        tolerance_m: how much deeper than the surface still counts as on it, metres.

    Raises:
        ValueError: wrong shapes, or a buffer of another size than the camera's.
    """
    height, width = buffer.depth.shape
    if (height, width) != (camera.height, camera.width):
        raise ValueError(
            f"the buffer is {width} x {height}, the camera {camera.width} x {camera.height}"
        )
    world = as_rows("vertices", vertices, 3).astype(np.float64)
    projection = _projection(camera)
    with np.errstate(all="ignore"):  # behind the camera anything may come out; masked below
        points = world @ projection[:, :3].T + projection[:, 3]
        x, y, z = points[:, 0] / points[:, 2], points[:, 1] / points[:, 2], points[:, 2]
        seen: NDArray[np.bool_] = (
            (z >= camera.near)
            & (z <= camera.far)
            & (x >= 0)
            & (x < width)
            & (y >= 0)
            & (y < height)
        )
    left = np.floor(x[seen] - 0.5).astype(np.int64)
    top = np.floor(y[seen] - 0.5).astype(np.int64)
    farthest = np.full(left.shape, -np.inf)
    for dy in (0, 1):
        for dx in (0, 1):
            rows = np.clip(top + dy, 0, height - 1)
            columns = np.clip(left + dx, 0, width - 1)
            depth = buffer.depth[rows, columns].astype(np.float64)
            farthest = np.maximum(farthest, np.where(np.isinf(depth), -np.inf, depth))
    farthest[np.isinf(farthest)] = np.inf
    seen[seen] = z[seen] <= farthest + tolerance_m
    return seen


def wireframe(buffer: MeshBuffer) -> NDArray[np.bool_]:
    """Mask [H, W] of pixels whose right or lower neighbour sees another face (or none)."""
    lines = np.zeros(buffer.face.shape, np.bool_)
    lines[:, :-1] = buffer.face[:, :-1] != buffer.face[:, 1:]
    lines[:-1] |= buffer.face[:-1] != buffer.face[1:]
    return lines


def draw_antialiased(
    camera: "Camera",
    vertices: ArrayLike,
    faces: ArrayLike,
    shade: Callable[[MeshBuffer], Floats],
    *,
    antialias: int = 2,
    cull_back: bool = False,
) -> Floats:
    """A shaded picture [H, W, 4] with smooth edges, drawn larger and averaged.

    Args:
        camera: the camera of the result.
        vertices: [V, 3] world space, metres.
        faces: [F, 3] vertex indices.
        shade: turns the large buffer into colour and alpha [H, W, 4], 0..1, such as
            ``lambda buffer: shade_smooth(buffer, vertices, faces, camera=camera)``.
        antialias: how many times larger per side, >= 1.
        cull_back: leave out faces seen from behind.

    Returns:
        [H, W, 4] float32, 0..1; the colour is not multiplied by alpha.

    Raises:
        ValueError: wrong shapes, or ``antialias`` below 1.
    """
    if antialias < 1:
        raise ValueError(f"antialias must be at least 1, not {antialias}")
    if antialias == 1:
        return shade(draw_mesh(camera, vertices, faces, cull_back=cull_back))
    large = camera.scaled(antialias)
    fine = shade(draw_mesh(large, vertices, faces, cull_back=cull_back))
    # Weighted by alpha, so that the black behind the mesh does not darken its outline.
    fine = np.concatenate([fine[..., :3] * fine[..., 3:], fine[..., 3:]], axis=-1)
    blocks = fine.reshape(camera.height, antialias, camera.width, antialias, 4)
    mean: Floats = blocks.mean(axis=(1, 3), dtype=np.float32)
    np.divide(mean[..., :3], mean[..., 3:], out=mean[..., :3], where=mean[..., 3:] > 0)
    return mean


def _projection(camera: "Camera") -> NDArray[np.float64]:
    """[3, 4] world to pixel position times depth (two rows) and depth."""
    K = camera.K.detach().cpu().double().numpy()
    viewmat = camera.viewmat.detach().cpu().double().numpy()
    return np.ascontiguousarray(K @ viewmat[:3])


def _with_pieces(
    corners: Ints,
    spans: Ints,
    points: NDArray[np.float64],
    faces: Ints,
    view: tuple[float, float, int, int, int],
) -> tuple[Ints, Ints, Ints]:
    """Corners, spans and owning faces of all triangles, those cut at the view's planes included."""
    owner = np.arange(len(faces), dtype=np.int32)
    cut = np.flatnonzero(spans[:, 0] == CUT)
    if not len(cut):
        return corners, spans, owner
    more_corners = np.empty((PIECES * len(cut), 6), np.int32)
    more_spans = np.empty((PIECES * len(cut), 4), np.int32)
    more_owner = np.empty(PIECES * len(cut), np.int32)
    count = clip(points, faces, view, cut, more_corners, more_spans, more_owner)
    return (
        np.concatenate([corners, more_corners[:count]]),
        np.concatenate([spans, more_spans[:count]]),
        np.concatenate([owner, more_owner[:count]]),
    )


def _bands(spans: Ints, height: int) -> tuple[NDArray[np.int64], int, NDArray[np.int64], Ints]:
    """The bands' order, height and triangles.

    Threads take neighbouring entries of the order; steps of the golden ratio give each of them
    bands from all over the picture, busy ones and empty ones.
    """
    count = -(-height // BAND_ROWS)
    order = np.argsort(np.arange(count) * 0.6180339887 % 1.0)
    starts = np.zeros(count + 1, np.int64)
    members: Ints = bin_rows(spans, BAND_ROWS, starts)
    return order, BAND_ROWS, starts, members
