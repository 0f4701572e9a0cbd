"""Flags of `avatar-gui edit`: edits in the order typed, each with the modifiers that follow it."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.cli import add_device

BLENDS = ("normal", "multiply", "screen", "overlay", "soft-light", "color", "luminosity")
_LOOKS = ("blend", "opacity", "name")
_TAKES = {
    "sticker": ("at", "on", "size", "angle", "mirror", *_LOOKS),
    "paint": ("on", *_LOOKS),
    "recolor": _LOOKS,
    "style": ("strength", "on", *_LOOKS),
    "import-uv": _LOOKS,
    "bake-layers": (),
}


@dataclass
class Edit:
    """One edit as typed.

    Attributes:
        kind: "sticker", "paint", "recolor", "style", "import-uv" or "bake-layers".
        value: what followed the flag.
        modifiers: what the flags behind it say, by name.
    """

    kind: str
    value: Any = None
    modifiers: dict[str, Any] = field(default_factory=dict)


class _Begin(argparse.Action):
    """A flag that begins an edit."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        edit = Edit(str(self.option_strings[0]).removeprefix("--"), values)
        namespace.edits = [*(namespace.edits or []), edit]


class _Modify(argparse.Action):
    """A flag that says more about the edit before it."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        name = str(self.option_strings[0]).removeprefix("--")
        if not namespace.edits:
            parser.error(f"{option_string} stands before any edit")
        edit: Edit = namespace.edits[-1]
        if name not in _TAKES[edit.kind]:
            parser.error(f"{option_string} says nothing about --{edit.kind}")
        edit.modifiers[name] = True if self.nargs == 0 else values


def add_edit(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of cli.md's section."""
    parser.add_argument("avatar", type=Path, metavar="AVATAR")
    parser.add_argument("-o", "--output", type=Path, metavar="OUT.avatar")
    parser.set_defaults(edits=[])

    def begin(flag: str, text: str, **more: Any) -> None:
        parser.add_argument(flag, action=_Begin, dest="edits", default=[], help=text, **more)

    def modify(flag: str, text: str, **more: Any) -> None:
        parser.add_argument(
            flag, action=_Modify, dest=flag[2:], default=argparse.SUPPRESS, help=text, **more
        )

    begin("--sticker", "lay a picture on the skin", type=Path, metavar="PNG")
    begin("--paint", "strokes from a file", type=Path, metavar="STROKES.json")
    begin("--recolor", "another colour for a region", type=_recolor, metavar="REGION=#rrggbb")
    begin("--style", "the style of a picture or of a network", type=Path, metavar="FILE")
    begin("--import-uv", "a colour map painted elsewhere", type=Path, metavar="PNG")
    begin("--bake-layers", "make all layers so far permanent", nargs=0)
    modify("--at", "centre of the sticker on the map", type=_pair, metavar="U,V")
    modify("--on", "region: a sticker's place, what paint and style keep to", metavar="REGION")
    modify("--size", "width in u (default 0.08)", type=_between(1e-4, 2), metavar="S")
    modify("--angle", "degrees counter-clockwise", type=_between(-36000, 36000), metavar="DEG")
    modify("--mirror", "left and right exchanged", nargs=0)
    modify("--blend", "how it mixes with what is below", choices=BLENDS)
    modify("--opacity", "0 to 1", type=_between(0, 1), metavar="0..1")
    modify("--strength", "of the style, 0 to 1", type=_between(0, 1), metavar="0..1")
    modify("--name", "of the layer", type=_name, metavar="TEXT")
    parser.add_argument("--list-layers", action="store_true", help="print the layers")
    parser.add_argument("--json", action="store_true", help="print the layers as JSON")
    add_device(parser)


def _pair(text: str) -> tuple[float, float]:
    parts = text.split(",")
    try:
        u, v = (float(part) for part in parts)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not U,V such as 0.3,0.5") from None
    if not (0 <= u <= 1 and 0 <= v <= 1):
        raise argparse.ArgumentTypeError(f"'{text}' is off the map, which goes from 0 to 1")
    return u, v


def _between(low: float, high: float) -> Callable[[str], float]:
    def number(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"'{text}' is no number") from None
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text} is not between {low:g} and {high:g}")
        return value

    return number


def _name(text: str) -> str:
    if not text.strip() or len(text) > 200:
        raise argparse.ArgumentTypeError("a name has 1 to 200 characters")
    return text.strip()


def _recolor(text: str) -> tuple[str, str]:
    region, sign, color = text.partition("=")
    if not sign or len(color) != 7 or not _is_color(color):
        raise argparse.ArgumentTypeError(f"'{text}' is not REGION=#rrggbb such as hair=#503020")
    return region, color


def _is_color(text: str) -> bool:
    digits: Sequence[str] = text[1:]
    return text.startswith("#") and all(digit in "0123456789abcdefABCDEF" for digit in digits)
