"""Options: described once, checked everywhere."""

from dataclasses import dataclass, field
from typing import Literal

import pytest

from avatars.options import BadOption, OptionInfo, build, describe, option


@dataclass(frozen=True)
class Options:
    steps: int = option(3000, low=100, high=30000, help="Optimisation steps")
    rate: float = option(0.5, low=0, high=1)
    quality: Literal["quick", "fine"] = option("fine", help="How long to work")
    mirror: bool = option(True)
    note: str = "plain"


def test_a_dataclass_is_described_in_order():
    infos = describe(Options)
    assert [info.name for info in infos] == ["steps", "rate", "quality", "mirror", "note"]
    assert infos[0] == OptionInfo("steps", "int", 3000, 100, 30000, (), "Optimisation steps")
    assert infos[2].choices == ("quick", "fine")
    assert [info.kind for info in infos] == ["int", "float", "choice", "bool", "text"]
    assert (infos[0].flag, infos[0].label) == ("--steps", "Steps")
    assert Options() == Options(steps=3000, rate=0.5, quality="fine", mirror=True, note="plain")


def test_a_long_name_becomes_a_flag_with_dashes():
    info = OptionInfo("learning_rate", "float", 1.0)
    assert (info.flag, info.label) == ("--learning-rate", "Learning rate")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("steps", "100", 100),
        ("rate", "1e-3", 0.001),
        ("rate", "1", 1.0),
        ("quality", "quick", "quick"),
        ("mirror", "No", False),
        ("mirror", "1", True),
        ("note", " as it is ", " as it is "),
    ],
)
def test_texts_are_parsed(name, text, value):
    info = next(info for info in describe(Options) if info.name == name)
    found = info.parsed(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("name", "text", "allowed"),
    [
        ("steps", "99", "a whole number from 100 to 30000"),
        ("steps", "100.5", "a whole number"),
        ("rate", "nan", "a number from 0 to 1"),
        ("rate", "inf", "a number from 0 to 1"),
        ("rate", "much", "a number from 0 to 1"),
        ("quality", "best", "one of quick, fine"),
        ("mirror", "maybe", "yes or no"),
    ],
)
def test_what_is_not_allowed_is_refused_with_what_is(name, text, allowed):
    info = next(info for info in describe(Options) if info.name == name)
    with pytest.raises(BadOption, match=f"--{name} cannot be") as caught:
        info.parsed(text)
    assert allowed in caught.value.remedy


def test_building_checks_names_and_kinds():
    assert build(Options, {"steps": 200, "rate": 1}) == Options(steps=200, rate=1.0)
    assert build(Options, {}) == Options()
    with pytest.raises(BadOption, match="Did you mean 'steps'"):
        build(Options, {"stepps": 1})
    with pytest.raises(BadOption, match="There are: steps, rate"):
        build(Options, {"zzz": 1})
    for values in ({"steps": True}, {"steps": 200.0}, {"mirror": 1}, {"note": 3}):
        with pytest.raises(BadOption):
            build(Options, values)


def test_mistakes_of_a_programmer_are_bugs():
    @dataclass(frozen=True)
    class NoDefault:
        steps: int

    @dataclass(frozen=True)
    class Odd:
        steps: list = field(default_factory=list)

    @dataclass(frozen=True)
    class Numbers:
        steps: Literal[1, 2] = 1

    @dataclass(frozen=True)
    class OutOfBounds:
        steps: int = option(5, low=10)

    @dataclass(frozen=True)
    class Complex:
        steps: complex = 1j

    for kind in (NoDefault, Odd, Numbers, OutOfBounds, Complex, int):
        with pytest.raises(TypeError, match=r"steps|dataclass"):
            describe(kind)
