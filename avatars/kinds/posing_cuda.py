"""Posing an avatar on CUDA in four kernels, into the same memory each time.

The plain way, ``UvAvatar.pose``, is some 140 small launches that take longer to start than to
run; it stays the truth that this is tested against.
"""

from dataclasses import fields

import torch
from torch import Tensor

from avatars.head.model import HeadModel
from avatars.head.skinning import JOINTS, ShapedHead, padded
from avatars.head.state import HeadState
from avatars.kinds import posing_kernels as source
from avatars.kinds.attributes import Loose, SplatAttributes
from avatars.kinds.uv_avatar import (
    LONGEST,
    MOST_STRETCH,
    UvAvatar,
    binding_of,
    largest_scales,
)
from avatars.maps import AttributeMaps
from avatars.remembered import Remembered, version
from avatars.sampling import SampleTable
from renderer.gaussians import Gaussians
from renderer.nvrtc import Kernels, Launch, Recorded, blocks_of

ORDER = ("global_orient", "neck_pose", "jaw_pose", "leye_pose", "reye_pose", "transl", "eyelids")
"""Fields of a state after its expression, as the kernels read them."""
FIELDS = tuple(item.name for item in fields(HeadState))


class CudaPoser:
    """Splats of head states for the screen; not differentiable, for one thread and stream.

    Raises:
        KernelProblem: the kernels cannot be compiled here.
    """

    def __init__(self) -> None:
        self._kernels = Kernels(source.SOURCE, source.NAMES)
        self._tables: Remembered[_Tables] = Remembered(2)
        self._posings: Remembered[_Posing] = Remembered(4)
        self._last: tuple[UvAvatar, AttributeMaps | None, _Posing] | None = None
        self._posed: tuple[object, ...] = ()
        self._shown: _Posing | None = None

    def pose(
        self, avatar: UvAvatar, state: HeadState, maps: AttributeMaps | None = None
    ) -> Gaussians:
        """Splats [N] on the avatar's device, valid until the next call, which overwrites them.

        What has not changed since the last call is not done again.

        Args:
            avatar: on the GPU.
            state: one state; on the CPU, else it is fetched from where it is.
            maps: shown in place of the avatar's own.

        Raises:
            ValueError: a batched state or too many expressions.
        """
        if state.frames is not None:
            raise ValueError("pose one state at a time: HeadState.at chooses one of a batch")
        if self._last is None or self._last[:2] != (avatar, maps):
            self._last = avatar, maps, self._prepared(avatar, maps)
        posing = self._last[2]
        tensors = [getattr(state, name) for name in FIELDS]
        now = (posing.tables, posing.shaped, *tensors, *[version(tensor) for tensor in tensors])
        if len(now) != len(self._posed) or any(
            new is not old and (not isinstance(new, int) or new != old)
            for new, old in zip(now, self._posed, strict=True)
        ):
            posing.tables.take(state)
            posing.all()
            posing.tables.read.record()
        elif self._shown is not posing:
            posing.splats()
        self._posed, self._shown = now, posing
        return posing.gaussians

    def _prepared(self, avatar: UvAvatar, maps: AttributeMaps | None) -> "_Posing":
        tables = self._tables.get(
            (avatar.head, avatar.table, avatar.loose),
            lambda: _Tables(avatar.head, avatar.table, avatar.loose),
        )
        shaped, looks = avatar.shaped(), avatar.attributes(maps)
        return self._posings.get(
            (tables, shaped, looks), lambda: _Posing(self._kernels, tables, shaped, looks)
        )


class _Tables:
    """What kernels read of a head and its splats, and where they write."""

    def __init__(self, head: HeadModel, table: SampleTable, loose: Loose | None) -> None:
        with torch.inference_mode(False), torch.no_grad():
            self._topology(head, table, loose)
            self._memory(head)

    def _topology(self, head: HeadModel, table: SampleTable, loose: Loose | None) -> None:
        self.head = head
        self.count, self.table_count = len(table), len(table)
        face, shares = table.face, table.barycentrics
        self.loose_offsets: Tensor | None = None
        if loose is not None:
            face = torch.cat([face, loose.face])
            shares = torch.cat([shares, loose.barycentrics])
            self.count += len(loose)
            self.loose_offsets = _floats(loose.offset)
        binding = binding_of(head, table, loose)
        self.face, self.shares = _ints(face), _floats(shares)
        self.faces, self.uv_faces = _ints(head.faces), _ints(head.uv_faces)
        self.vertex_of_uv = _ints(binding.to_uv.indices)
        self.around = _ring(binding.around_vertices.indices, binding.around_vertices.starts)
        self.around_uv = _ring(binding.around_uvs.indices, binding.around_uvs.starts)
        area = self.shares.new_zeros(head.face_count)
        assert binding.around_uvs.weights is not None
        area[binding.around_uvs.indices] = _floats(binding.around_uvs.weights)
        columns = [binding.by_first, binding.by_second, binding.per_area, area[:, None]]
        self.by = _floats(torch.cat(columns, dim=1))
        self.most = _floats(largest_scales(head, table))

    def _memory(self, head: HeadModel) -> None:
        basis, device = head.posing_basis, head.device
        self.basis = _floats(basis.motion)
        self.joints_by_expression = _floats(basis.joints_by_expression)
        self.weights = _floats(head.lbs_weights)
        self.parents = torch.tensor(head.parents, dtype=torch.int32, device=device)
        length = head.expression_count + 3 * len(JOINTS) + 3 + 2
        self.host = torch.zeros(length, pin_memory=True)
        self.read = torch.cuda.Event()

        def floats(*shape: int) -> Tensor:
            return torch.empty(*shape, dtype=torch.float32, device=device)

        self.coefficients = floats(self.basis.shape[0])
        self.rigid = floats(len(JOINTS), 12)
        self.posed = floats(head.vertex_count, 3)
        self.uv_quats = floats(head.uvs.shape[0], 4)
        self.means, self.scales = floats(self.count, 3), floats(self.count, 3)
        self.quats = floats(self.count, 4)

    def take(self, state: HeadState) -> None:
        """Put a state where the kernels read it: in pinned memory, which saves a copy.

        Raises:
            ValueError: it has more expressions than the head.
        """
        state = state.to("cpu")
        expression = padded(state.expression, self.head.expression_count, "expressions")
        parts = [expression, *(getattr(state, name) for name in ORDER)]
        self.read.synchronize()  # the last one is not needed any more
        with torch.no_grad():
            torch.cat(parts, out=self.host)


class _Posing:
    """The kernels with their arguments, for one head, identity and look.

    Attributes:
        tables: what the kernels read and write.
        shaped: the head with its identity.
        all: from state to splats.
        splats: from the posed skin to splats.
        gaussians: what they write.
    """

    def __init__(
        self, kernels: Kernels, t: _Tables, shaped: ShapedHead, looks: SplatAttributes
    ) -> None:
        head = t.head
        V, U, J = head.vertex_count, head.uvs.shape[0], len(JOINTS)
        rest, spots = _floats(shaped.vertices), _floats(shaped.joints)
        threads = (source.THREADS, 1, 1)
        joints = kernels.prepared(
            "joints", 1, (source.JOINT_THREADS, 1, 1),
            t.host, spots, t.joints_by_expression, t.parents, head.expression_count, J,
            int(head.posing_basis.has_correctives), int(head.eyelids is not None),
            t.coefficients, t.rigid,
        )  # fmt: skip
        vertices = kernels.prepared(
            "vertices",
            blocks_of(V, source.VERTICES_PER_BLOCK),
            (3 * source.VERTICES_PER_BLOCK, source.SLICES, 1),
            *(rest, t.basis, t.coefficients, t.weights, t.rigid, V, t.basis.shape[0], J, t.posed),
        )
        frames = kernels.prepared(
            "frames", blocks_of(source.LANES * U, source.THREADS), threads,
            t.posed, t.faces, t.by, t.vertex_of_uv, *t.around, *t.around_uv, U, t.uv_quats,
        )  # fmt: skip
        squares = None if looks.squares is None else _floats(looks.squares)
        turned = None if looks.quats is None else _floats(looks.quats)
        offset = None if looks.offset is None else _floats(looks.offset)
        splats = kernels.prepared(
            "splats", blocks_of(t.count, source.THREADS), threads,
            t.posed, t.faces, t.uv_faces, t.by, t.uv_quats, t.face, t.shares,
            _floats(looks.scales), t.most, squares, turned, offset, t.loose_offsets,
            t.count, t.table_count, LONGEST, MOST_STRETCH, t.means, t.quats, t.scales,
        )  # fmt: skip
        self.tables, self.shaped = t, shaped
        self.all = Recorded((joints, vertices, frames, splats))
        self.splats: Launch = splats
        self.gaussians = Gaussians(t.means, t.quats, t.scales, looks.opacities, looks.sh)


def _ring(indices: Tensor, starts: Tensor) -> tuple[Tensor, Tensor]:
    """Members [L] and, per group, where it starts; one more entry says where the last one ends."""
    end = starts.new_tensor([indices.shape[0]])
    return _ints(indices), _ints(torch.cat([starts, end]))


def _floats(values: Tensor) -> Tensor:
    return values.detach().to(torch.float32).contiguous()


def _ints(values: Tensor) -> Tensor:
    return values.to(torch.int32).contiguous()
