"""What a person has chosen once and for all: a TOML file in the folder of settings."""

import json
import logging
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from app.notices import Notice
from renderer.disk import make_folder, replacing

log = logging.getLogger(__name__)

VERSION = 1
FILE = "settings.toml"
BROKEN = "settings.broken.toml"
RECENT = 10
_LARGEST_FILE = 1 << 20

Device = Literal["auto", "cpu", "cuda"]
Theme = Literal["dark", "light"]
Plain = bool | int | float | str


@dataclass(frozen=True)
class Settings:
    """All settings.

    Attributes:
        version: of the file's format.
        device: where to compute and draw.
        theme: colours of the window.
        ui_scale: size of text and buttons, on top of the screen's own scale.
        weights_folder: where downloaded weights lie; empty for the program's own folder.
        undo_mb: megabytes that undo may hold.
        autosave_seconds: unsaved work is copied at least this often.
        recent: files opened or saved lately, the newest first.
        last_method: by kind of input, the method chosen last.
        last_options: by method, its options as they were last.
        show_demo: whether the demo avatar greets at the start.
        idle_motion: whether it blinks and moves until the first input.
        transparent: whether the window is made so that it can be seen through.
        background: behind the head: #rrggbb or ``transparent``.
        shortcuts: by action, the keys that replace its own; several are set apart by spaces.
    """

    version: int = VERSION
    device: Device = "auto"
    theme: Theme = "dark"
    ui_scale: float = 1.0
    weights_folder: str = ""
    undo_mb: int = 512
    autosave_seconds: float = 30.0
    recent: tuple[str, ...] = ()
    last_method: Mapping[str, str] = field(default_factory=dict)
    last_options: Mapping[str, Mapping[str, Plain]] = field(default_factory=dict)
    show_demo: bool = True
    idle_motion: bool = True
    transparent: bool = False
    background: str = "#2b2d31"
    shortcuts: Mapping[str, str] = field(default_factory=dict)

    def with_recent(self, path: Path) -> "Settings":
        """The same with a file at the head of the recent ones."""
        name = str(path.absolute())
        others = [other for other in self.recent if other != name]
        return replace(self, recent=(name, *others)[:RECENT])

    def without_recent(self, path: Path) -> "Settings":
        """The same without a file among the recent ones."""
        gone = {str(path), str(path.absolute())}
        return replace(self, recent=tuple(name for name in self.recent if name not in gone))


Raw = dict[str, Any]
MIGRATIONS: Mapping[int, Callable[[Raw], Raw]] = {}
"""By version: what makes a file of it one of the next. Version 1 is the first."""

_BOUNDS = {"ui_scale": (0.5, 4.0), "undo_mb": (16, 1 << 20), "autosave_seconds": (0.1, 3600)}


def load_settings(folder: Path) -> tuple[Settings, Notice | None]:
    """The settings of a folder, the defaults where it has none, and what should be said about it.

    A file that cannot be understood is set aside, so that nothing in it is lost by saving.
    """
    path = folder / FILE
    try:
        with path.open("rb") as handle:
            content = handle.read(_LARGEST_FILE + 1)
    except FileNotFoundError:
        return Settings(), None
    except OSError as error:
        return Settings(), Notice(
            f"The settings in {path} cannot be read ({error.strerror or error}).",
            "The usual ones are in use; check the permissions of that file.",
            "warning",
        )
    try:
        raw, version = _parsed(content)
        if version > VERSION:
            return _known(raw), _set_aside(path, f"settings.version{version}.toml", newer=True)
        return _known(_migrated(raw, version)), None
    except (ValueError, KeyError, TypeError, RecursionError):
        log.warning("settings in %s are broken", path, exc_info=True)
        return Settings(), _set_aside(path, BROKEN, newer=False)


def save_settings(folder: Path, settings: Settings) -> None:
    """Write the settings; the file is the old or the new one at every moment.

    Raises:
        UserError: the folder cannot be made or written.
    """
    make_folder(folder)
    content = to_toml(settings).encode()
    with replacing(folder / FILE) as handle:
        handle.write(content)


def to_toml(settings: Settings) -> str:
    """The text of the settings file."""
    lines, tables = [], []
    for item in fields(settings):
        value = getattr(settings, item.name)
        if isinstance(value, Mapping):
            tables += _table(item.name, value)
        else:
            lines.append(f"{item.name} = {_value(value)}")
    return "\n".join([*lines, *tables]) + "\n"


def _table(name: str, values: Mapping[str, Any]) -> list[str]:
    if not values:
        return []
    plain = {key: value for key, value in values.items() if not isinstance(value, Mapping)}
    lines = ["", f"[{name}]"] if plain else []
    lines += [f"{_text(key)} = {_value(value)}" for key, value in plain.items()]
    for key, value in values.items():
        if isinstance(value, Mapping):
            lines += ["", f"[{name}.{_text(key)}]"]
            lines += [f"{_text(inner)} = {_value(each)}" for inner, each in value.items()]
    return lines


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # TOML wants a point or an exponent; repr gives both, and spells nan and inf alike.
        return repr(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_text(str(item)) for item in value if _is_writable(item)) + "]"
    return _text(str(value))


def _text(text: str) -> str:
    # JSON's escapes are TOML's, but for the delete character.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _is_writable(text: str) -> bool:
    """Whether a name can be written as UTF-8; those with undecodable bytes cannot."""
    try:
        str(text).encode()
    except UnicodeEncodeError:
        return False
    return True


def _parsed(content: bytes) -> tuple[Raw, int]:
    """The values of a file and its version.

    Raises:
        ValueError: it is no TOML, too long, or of no version.
    """
    if len(content) > _LARGEST_FILE:
        raise ValueError("too long")
    raw = tomllib.loads(content.decode())
    version = raw.get("version", 1)
    if not isinstance(version, int) or version < 1:
        raise ValueError("no version")
    return raw, version


def _migrated(raw: Raw, version: int) -> Raw:
    while version < VERSION:
        raw = MIGRATIONS[version](raw)
        version += 1
    return raw


def _known(raw: Raw) -> Settings:
    """Settings of a file's values; what has another kind or lies out of bounds stays as usual."""
    usual = Settings()
    found: Raw = {}
    for item in fields(Settings):
        if item.name == "version" or item.name not in raw:
            continue
        value = _checked(item.name, raw[item.name], getattr(usual, item.name))
        if value is None:
            log.warning("the setting '%s' makes no sense and was left out", item.name)
        else:
            found[item.name] = value
    return replace(usual, **found)


def _checked(name: str, value: object, usual: object) -> object:
    """The value as the setting wants it, or None."""
    words = {"device": get_args(Device), "theme": get_args(Theme)}
    if name in words:
        return value if value in words[name] else None
    if name == "last_options":
        return _nested(value)
    if isinstance(usual, Mapping):
        return _words(value)
    if isinstance(usual, tuple):
        if not isinstance(value, list):
            return None
        return tuple(item for item in value if isinstance(item, str))[:RECENT]
    if isinstance(usual, bool) or isinstance(value, bool):
        return value if type(value) is type(usual) else None
    if isinstance(usual, int | float) and isinstance(value, int | float):
        low, high = _BOUNDS[name]
        inside = low <= value <= high
        return type(usual)(value) if inside else None
    return value if type(value) is type(usual) else None


def _words(value: object) -> dict[str, str] | None:
    if not isinstance(value, dict):
        return None
    return {key: text for key, text in value.items() if isinstance(text, str)}


def _nested(value: object) -> dict[str, dict[str, Plain]] | None:
    if not isinstance(value, dict):
        return None
    return {
        key: {name: each for name, each in inner.items() if isinstance(each, Plain)}
        for key, inner in value.items()
        if isinstance(inner, dict)
    }


def _set_aside(path: Path, name: str, *, newer: bool) -> Notice:
    kept = path.with_name(name)
    what = "were written by a newer version" if newer else "are damaged"
    try:
        if newer:
            kept.write_bytes(path.read_bytes())
        else:
            path.replace(kept)
    except OSError as error:
        return Notice(
            f"The settings in {path} {what}, and no copy could be made ({error.strerror}).",
            "Saving settings will replace them.",
            "warning",
        )
    rest = "what is known of them is in use" if newer else "the usual ones are in use"
    return Notice(f"The settings {what}; {rest}.", f"The old file is kept as {kept}.", "warning")
