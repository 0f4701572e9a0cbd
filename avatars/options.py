"""Options of a method as a frozen dataclass, described once for forms and command-line flags.

    @dataclass(frozen=True)
    class MyOptions:
        steps: int = option(3000, low=100, high=30000, help="Optimisation steps")

A field may be ``bool``, ``int``, ``float``, ``str`` or ``Literal`` of texts, each with a default.
"""

import difflib
import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from avatars.errors import UserError

Kind = Literal["bool", "int", "float", "text", "choice"]
Value = bool | int | float | str
T = TypeVar("T")

_KINDS: dict[type, Kind] = {bool: "bool", int: "int", float: "float", str: "text"}
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
_ABOUT = "avatar-gui option"


class BadOption(UserError):
    """An option does not exist, or cannot have this value."""


@dataclass(frozen=True)
class OptionInfo:
    """One option, as a form or a flag shows it.

    Attributes:
        name: the field's name.
        kind: what it holds.
        default: its value when nobody says otherwise.
        low: least value of a number, or None.
        high: greatest value of a number, or None.
        choices: the texts of a choice, in order; else empty.
        help: one sentence.
    """

    name: str
    kind: Kind
    default: Value
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    help: str = ""

    @property
    def flag(self) -> str:
        """Its flag on the command line; a bool has the same with ``no-`` too."""
        return "--" + self.name.replace("_", "-")

    @property
    def label(self) -> str:
        """Its name as a form writes it."""
        return self.name.replace("_", " ").capitalize()

    def parsed(self, text: str) -> Value:
        """The value that a text on the command line means.

        Raises:
            BadOption: it means none, or one that is not allowed.
        """
        if self.kind == "bool":
            word = text.strip().lower()
            if word not in (*_TRUE, *_FALSE):
                raise self._refused(text, "yes or no")
            return word in _TRUE
        if self.kind in ("text", "choice"):
            return self.checked(text)
        try:
            number = int(text) if self.kind == "int" else float(text)
        except ValueError:
            raise self._refused(text, self._allowed()) from None
        return self.checked(number)

    def checked(self, value: object) -> Value:
        """The value itself (a float for a whole number where a float belongs), if allowed.

        Raises:
            BadOption: another kind of value, or out of bounds.
        """
        if self.kind == "bool" and isinstance(value, bool):
            return value
        if self.kind == "text" and isinstance(value, str):
            return value
        if self.kind == "choice" and isinstance(value, str) and value in self.choices:
            return value
        if self.kind == "int" and isinstance(value, int) and not isinstance(value, bool):
            return self._bounded(value)
        if (
            self.kind == "float"
            and isinstance(value, int | float)
            and not isinstance(value, bool)
            and math.isfinite(value)
        ):
            return self._bounded(float(value))
        raise self._refused(value, self._allowed())

    def _bounded(self, number: int | float) -> int | float:
        too_low = self.low is not None and number < self.low
        if too_low or (self.high is not None and number > self.high):
            raise self._refused(number, self._allowed())
        return number

    def _allowed(self) -> str:
        if self.kind == "choice":
            return "one of " + ", ".join(self.choices)
        words = {"bool": "yes or no", "text": "a text"}
        if self.kind in words:
            return words[self.kind]
        number = "a whole number" if self.kind == "int" else "a number"
        low = "" if self.low is None else f" from {self.low:g}"
        return number + low + ("" if self.high is None else f" to {self.high:g}")

    def _refused(self, value: object, allowed: str) -> BadOption:
        return BadOption(f"{self.flag} cannot be {str(value)[:60]!r}.", f"It takes {allowed}.")


def option(default: T, *, low: float | None = None, high: float | None = None, help: str = "") -> T:
    """A field of an options dataclass.

    Args:
        default: its value when nobody says otherwise.
        low: least value allowed, for numbers.
        high: greatest value allowed, for numbers.
        help: one sentence for tooltips and ``--help``.
    """
    # As dataclasses.field, this says that it returns the value, and is one for a type checker.
    made: T = field(default=default, metadata={_ABOUT: (low, high, help)})
    return made


def describe(options: type) -> tuple[OptionInfo, ...]:
    """The options of a dataclass in the order of its fields.

    Raises:
        TypeError: no dataclass, a field without default, of another type than the module allows,
            or with a default that its own bounds refuse.
    """
    if not is_dataclass(options):
        raise TypeError(f"{options.__name__} is no dataclass")
    hints = get_type_hints(options)
    return tuple(_described(item.name, item, hints[item.name]) for item in fields(options))


def build(options: type[T], values: Mapping[str, object]) -> T:
    """Options with these values, the others at their defaults.

    Raises:
        BadOption: a name that does not exist (the nearest is named), or a value not allowed.
    """
    known = {info.name: info for info in describe(options)}
    for name in values:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            remedy = f"Did you mean '{near[0]}'?" if near else f"There are: {', '.join(known)}."
            raise BadOption(f"There is no option '{name[:60]}'.", remedy)
    return options(**{name: known[name].checked(value) for name, value in values.items()})


def _described(name: str, item: Any, hint: Any) -> OptionInfo:
    if item.default is MISSING:
        raise TypeError(f"the option '{name}' has no default")
    low, high, text = item.metadata.get(_ABOUT, (None, None, ""))
    choices: tuple[Any, ...] = get_args(hint) if get_origin(hint) is Literal else ()
    if choices and not all(isinstance(choice, str) for choice in choices):
        raise TypeError(f"the option '{name}' has choices that are no texts")
    if not choices and hint not in _KINDS:
        raise TypeError(f"the option '{name}' is of a type that no form can show: {hint}")
    kind: Kind = "choice" if choices else _KINDS[hint]
    info = OptionInfo(name, kind, item.default, low, high, choices, text)
    try:
        info.checked(item.default)
    except BadOption as error:
        raise TypeError(f"the option '{name}' refuses its own default") from error
    return info
