"""The regions of a head by the names that people read."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from avatars.kinds.uv_avatar import UvAvatar

WHOLE = "Everywhere"


def title_of(region: str) -> str:
    """A region as it is shown: ``cheek_left`` is "Left cheek"."""
    name, _, side = region.rpartition("_")
    if side in ("left", "right"):
        return f"{side.capitalize()} {name.replace('_', ' ')}"
    return region.replace("_", " ").capitalize()


def regions_of(avatar: "UvAvatar") -> tuple[str, ...]:
    """The regions that this head has, in their usual order."""
    from avatars.head.regions import REGIONS

    known = avatar.head.regions
    always = ("skin", "hair") if "scalp" in known or "skin" in known else ()
    return tuple(name for name in REGIONS if name in known or name in always)
