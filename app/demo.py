"""The demo: the built-in head with its drawn looks, as an avatar."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from app.paths import asset
from avatars.avatar import Identity
from avatars.head.arkit import state_from_arkit
from avatars.head.head_file import read_head_file
from avatars.head.model import HeadModel
from avatars.head.state import HeadState
from avatars.head.tables import ARKIT_NAMES
from avatars.kinds.uv_avatar import UvAvatar, initial_maps
from avatars.sampling import QUICK, sample_table

MAP_SIZE = 512


@lru_cache(maxsize=1)
def builtin_head() -> HeadModel:
    """The built-in head.

    Raises:
        UnreadableFile: its file is missing or broken.
    """
    return read_head_file(asset("heads/default.npz"))


def demo_avatar(splats: int = QUICK) -> UvAvatar:
    """The demo avatar on the CPU, with about ``splats`` splats.

    Raises:
        UnreadableFile: a shipped file is missing or broken.
    """
    from avatars.head.default.demo import read_drawn  # slow to import, and only needed here

    head = builtin_head()
    drawn = read_drawn(asset("heads"))
    table = sample_table(head, splats)
    maps = initial_maps(head, table, MAP_SIZE)
    rgb = _resized(torch.from_numpy(drawn.rgb).float() / 255)
    height = _resized(torch.from_numpy(drawn.hair_offset)[..., None])
    offset = torch.cat([torch.zeros_like(height).repeat(1, 1, 2), height], dim=-1)
    maps = replace(maps, rgb=rgb, offset=offset).padded()
    identity = Identity(torch.zeros(head.shape_count), None, "Demo")
    return UvAvatar(head, identity, maps, table, "drawn")


def face(head: HeadModel, **weights: float) -> HeadState:
    """The state that ARKit weights by name mean, the rest at rest.

    Raises:
        ValueError: an unknown name.
    """
    values = torch.zeros(len(ARKIT_NAMES))
    for name, weight in weights.items():
        values[ARKIT_NAMES.index(name)] = weight
    return state_from_arkit(head, values)


def _resized(values: Tensor) -> Tensor:
    planes = values.permute(2, 0, 1)[None]
    size = (MAP_SIZE, MAP_SIZE)
    if values.shape[0] > MAP_SIZE:
        resized = interpolate(planes, size, mode="area")
    else:
        resized = interpolate(planes, size, mode="bilinear", align_corners=False)
    return resized[0].permute(1, 2, 0).contiguous()


def write_demo(path: Path) -> None:
    """Write the demo as an avatar file, always the same bytes."""
    from app import __version__
    from app.pictures import encoded
    from app.render import Orbit
    from app.shots import front_shot
    from avatars.files.avatar_file import StoredAvatar, write_avatar
    from avatars.files.manifest import Provenance
    from renderer.cpu_rasterizer import CpuRasterizer

    avatar = demo_avatar()
    shot = front_shot(avatar, avatar.head.neutral(), Orbit(), 256)
    thumb = CpuRasterizer().draw(avatar.pose(shot.state), shot.camera, None)
    made = Provenance("avatar-gui", __version__, avatar.method_id)
    write_avatar(path, StoredAvatar(avatar, shot.state, made, thumb=encoded(thumb.rgba.numpy())))


if __name__ == "__main__":  # rewrites the file that ships
    write_demo(asset("demo.avatar"))
