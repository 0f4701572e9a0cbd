"""The one head class: FLAME, ICT-FaceKit and the built-in head all become a ``HeadModel``."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avatars.head.skinning import JOINTS, PosingBasis, ShapedHead, shaped
from avatars.head.state import HeadState
from avatars.head.tables import ArkitTable, Landmarks, is_on

_GEOMETRY = ("v_template", "shapedirs", "exprdirs", "posedirs", "J_regressor", "lbs_weights", "uvs")
_TOPOLOGY = ("faces", "uv_faces")


@dataclass(frozen=True, eq=False)
class HeadModel:
    """A head that deforms: template, linear bases, joints and skinning weights.

    The formula is FLAME's (Li, Bolkart, Black, Li, Romero: Learning a model of facial shape and
    expression from 4D scans, 2017): linear blend skinning with pose-corrective blendshapes.
    All tensors share one device. To change an array use ``dataclasses.replace`` with
    ``fingerprint=""``, so that the fingerprint is taken anew.

    Attributes:
        v_template: [V, 3] neutral mean head, metres.
        faces: [F, 3] int64 vertex indices, counter-clockwise seen from outside.
        shapedirs: [V, 3, S] identity directions, metres per standard deviation.
        exprdirs: [V, 3, E] expression directions, metres per unit.
        posedirs: [V, 3, 9 (J - 1)] correctives on R - I of every joint but the root, metres.
        J_regressor: [J, V] joints as weighted sums of vertices; rows sum to 1.
        parents: J parents; the root's is -1.
        lbs_weights: [V, J] skinning weights; rows sum to 1.
        uvs: [U, 2] texture coordinates, u right, v up; U = 0 where the head has none.
        uv_faces: [F, 3] int64 indices into ``uvs``, corner by corner as ``faces``.
        expression_names: E names, one per expression direction.
        fingerprint: hex digest of the geometry; left empty it is computed.
        name: what the user calls the head.
        version: release it comes from, such as "FLAME 2023 Open".
        licence: one line for exports that embed this head's data.
        source_sha256: digest of the file it was read from; empty for a folder.
        shape_names: names of the first identity directions; may be shorter than S.
        regions: vertex masks [V] bool by the region names of ``avatars.head.regions``.
        parts: face masks [F] bool: skin, ears, eyeballs, mouth, teeth_upper, teeth_lower, tongue.
        landmarks: embedded points by set: "mediapipe" (478), "ibug51", "contour" and others.
        eyelids: [2, V, 3] left and right eyelid shapes, metres at weight 1, or None.
        arkit: the 52 ARKit names on this head, or None.

    Raises:
        ValueError: the shapes disagree, the joints are not FLAME's five, or a name is missing.
    """

    v_template: Tensor
    faces: Tensor
    shapedirs: Tensor
    exprdirs: Tensor
    posedirs: Tensor
    J_regressor: Tensor
    parents: tuple[int, ...]
    lbs_weights: Tensor
    uvs: Tensor
    uv_faces: Tensor
    expression_names: tuple[str, ...]
    fingerprint: str = ""
    name: str = ""
    version: str = ""
    licence: str = ""
    source_sha256: str = ""
    shape_names: tuple[str, ...] = ()
    regions: Mapping[str, Tensor] = field(default_factory=dict)
    parts: Mapping[str, Tensor] = field(default_factory=dict)
    landmarks: Mapping[str, Landmarks] = field(default_factory=dict)
    eyelids: Tensor | None = None
    arkit: ArkitTable | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "parents", tuple(int(parent) for parent in self.parents))
        self._check_shapes()
        if not self.fingerprint:
            object.__setattr__(self, "fingerprint", fingerprint_of(self))

    @property
    def device(self) -> torch.device:
        """Where all tensors live."""
        return self.v_template.device

    @property
    def vertex_count(self) -> int:
        """V."""
        return self.v_template.shape[0]

    @property
    def face_count(self) -> int:
        """F."""
        return self.faces.shape[0]

    @property
    def shape_count(self) -> int:
        """S, the number of identity directions."""
        return self.shapedirs.shape[-1]

    @property
    def expression_count(self) -> int:
        """E, the number of expression directions."""
        return self.exprdirs.shape[-1]

    @property
    def has_uv(self) -> bool:
        """Whether the head has texture coordinates, so that maps can be made for it."""
        return self.uvs.shape[0] > 0

    def to(self, device: torch.device | str, dtype: torch.dtype | None = None) -> "HeadModel":
        """The same head on another device, its floats in another precision if one is given."""
        dtype = dtype or self.v_template.dtype
        if is_on(self.v_template, device) and dtype == self.v_template.dtype:
            return self
        floats = {name: getattr(self, name).to(device=device, dtype=dtype) for name in _GEOMETRY}
        integers = {name: getattr(self, name).to(device) for name in _TOPOLOGY}
        return replace(
            self,
            **floats,
            **integers,
            regions={name: mask.to(device) for name, mask in self.regions.items()},
            parts={name: mask.to(device) for name, mask in self.parts.items()},
            landmarks={name: points.to(device, dtype) for name, points in self.landmarks.items()},
            eyelids=None if self.eyelids is None else self.eyelids.to(device=device, dtype=dtype),
            arkit=None if self.arkit is None else self.arkit.to(device, dtype),
        )

    def neutral(self, frames: int | None = None) -> HeadState:
        """The resting state of this head, [E] and so on, or [T, E] for a batch of frames."""
        return HeadState.neutral(
            self.expression_count, frames=frames, device=self.device, dtype=self.v_template.dtype
        )

    def shaped(self, betas: Tensor | None = None, offsets: Tensor | None = None) -> ShapedHead:
        """The head with an identity applied once, to be posed many times.

        Args:
            betas: [..., n] the first n <= S identity coefficients, standard deviations.
            offsets: [V, 3] free displacement of the neutral vertices, metres.

        Raises:
            ValueError: more betas than the head has directions.
        """
        return shaped(self, betas, offsets)

    def pose(
        self, state: HeadState, betas: Tensor | None = None, offsets: Tensor | None = None
    ) -> Tensor:
        """Vertices [V, 3], or [T, V, 3] for a batched state, world space, metres.

        Differentiable in the state, the betas and the offsets. Who poses one identity many times
        keeps ``shaped(betas)`` and calls its ``pose``.

        Raises:
            ValueError: more coefficients than the head has directions.
        """
        return self.shaped(betas, offsets).pose(state)

    @cached_property
    def posing_basis(self) -> PosingBasis:
        """The arrays that posing reads, in their layout; made at the first pose."""
        return PosingBasis(self)

    @cached_property
    def faces_numpy(self) -> NDArray[np.int64]:
        """``faces`` as a numpy array, for code that runs on the CPU."""
        return np.ascontiguousarray(self.faces.detach().cpu().numpy(), np.int64)

    def _check_shapes(self) -> None:
        vertices, faces = self.v_template.shape[0], self.faces.shape[0]
        joints = len(JOINTS)
        expected = {
            "v_template": (vertices, 3),
            "faces": (faces, 3),
            "shapedirs": (vertices, 3, self.shape_count),
            "exprdirs": (vertices, 3, self.expression_count),
            "posedirs": (vertices, 3, 9 * (joints - 1)),
            "J_regressor": (joints, vertices),
            "lbs_weights": (vertices, joints),
            "uvs": (self.uvs.shape[0], 2),
            "uv_faces": (faces, 3) if self.has_uv else tuple(self.uv_faces.shape),
        }
        if self.eyelids is not None:
            expected["eyelids"] = (2, vertices, 3)
        for name, shape in expected.items():
            field_shape = getattr(self, name).shape
            if field_shape != shape:
                raise ValueError(f"{name} must be {list(shape)}, not {list(field_shape)}")
        for kind, masks, count in (
            ("region", self.regions, vertices),
            ("part", self.parts, faces),
        ):
            for name, mask in masks.items():
                if mask.shape != (count,) or mask.dtype != torch.bool:
                    raise ValueError(f"the {kind} mask '{name}' must be bool [{count}]")
        if self.parents != (-1, 0, 1, 1, 1):
            raise ValueError(f"parents must be (-1, 0, 1, 1, 1), not {self.parents}")
        if len(self.expression_names) != self.expression_count:
            raise ValueError(
                f"{len(self.expression_names)} names for {self.expression_count} expressions"
            )
        if self.arkit is not None and self.arkit.expression.shape[-1] != self.expression_count:
            raise ValueError("the ARKit table belongs to another number of expressions")


def fingerprint_of(head: HeadModel) -> str:
    """Hex digest [32 characters] of everything that decides where a splat on this head ends up.

    Taken over float32 and int32 bytes, so that it does not depend on device or precision. Names,
    masks and landmarks do not count: adding some leaves the head the same.
    """
    digest = hashlib.sha256(b"avatar-gui head 1")
    for name in (*_GEOMETRY, *_TOPOLOGY):
        kind = np.float32 if name in _GEOMETRY else np.int32
        values = np.ascontiguousarray(getattr(head, name).detach().cpu().numpy(), kind)
        digest.update(f"{name}{values.shape}".encode())
        digest.update(values.tobytes())
    digest.update(str(head.parents).encode())
    return digest.hexdigest()[:32]
