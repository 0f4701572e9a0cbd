"""The options of a method as widgets, made from their description."""

from collections.abc import Mapping, Sequence

from app.gui.ui import Ui
from avatars.options import OptionInfo, Value

SIDE_BY_SIDE = 3
"""So many choices stand side by side; more drop down."""


def form(ui: Ui, options: Sequence[OptionInfo], values: Mapping[str, object]) -> dict[str, Value]:
    """Draw a widget for each option; returns all values as they are now.

    Args:
        ui: the widgets.
        options: what can be chosen.
        values: as they are; what is missing or not allowed stands at its default.
    """
    return {option.name: field(ui, option, current(option, values)) for option in options}


def current(option: OptionInfo, values: Mapping[str, object]) -> Value:
    """An option's value among values that may come from an older version."""
    from avatars.options import BadOption

    if option.name not in values:
        return option.default
    try:
        return option.checked(values[option.name])
    except BadOption:
        return option.default


def field(ui: Ui, option: OptionInfo, value: Value) -> Value:
    """Draw the widget of one option; returns its value."""
    label, tip = f"{option.label}##{option.name}", option.help
    if option.kind == "bool":
        return ui.toggle(label, bool(value), tooltip=tip)[1]
    if option.kind == "choice":
        return _choice(ui, option, str(value))
    if option.kind == "text":
        return ui.text_input(label, str(value))
    low, high = bounds(option)
    assert not isinstance(value, str)
    if option.kind == "int":
        reset = int(option.default)
        return ui.slider_int(label, int(value), int(low), int(high), reset=reset, tooltip=tip).value
    digits = "%.1f" if high - low > 5 else "%.2f"
    assert not isinstance(option.default, str)
    reset_to = float(option.default)
    return ui.slider(
        label, float(value), low, high, format=digits, reset=reset_to, tooltip=tip
    ).value


def bounds(option: OptionInfo) -> tuple[float, float]:
    """Ends of the slider of a number; where one is open, one that leaves room to both sides."""
    assert not isinstance(option.default, str)
    default = float(option.default)
    low = option.low if option.low is not None else min(0.0, default * 2)
    high = option.high if option.high is not None else max(1.0, abs(default) * 2, low + 1)
    return low, high


def _choice(ui: Ui, option: OptionInfo, value: str) -> str:
    items = list(option.choices)
    label, index = f"{option.label}##{option.name}", items.index(value)
    if len(items) <= SIDE_BY_SIDE:
        words = [item.capitalize() for item in items]
        return items[ui.segmented(label, index, words, tooltip=option.help)]
    return items[ui.combo(label, index, items, option.help)]
