"""Methods that make avatars, one per file; a file in this folder is a method, there is no list.

Names that begin with an underscore, and ``base``, are no methods. A method file names its method
``METHOD`` and imports torch, mediapipe and the like inside functions only, so that listing what
there is stays instant.
"""

import difflib
from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules

from avatars.errors import UserError
from avatars.methods.base import Kind, Method


class NoSuchMethod(UserError):
    """A method was asked for by a name that none has, or for an input that none takes."""


def find_methods(package: str = __name__) -> tuple[Method, ...]:
    """The methods of a package by id, in alphabetic order.

    Raises:
        TypeError: a file without ``METHOD``, or two methods with one id; both are bugs.
    """
    found: dict[str, Method] = {}
    folder: Sequence[str] = import_module(package).__path__
    for module in sorted(iter_modules(folder), key=lambda module: module.name):
        if module.name.startswith("_") or module.name == "base":
            continue
        method = getattr(import_module(f"{package}.{module.name}"), "METHOD", None)
        if method is None:
            raise TypeError(f"the method file {package}.{module.name} has no METHOD")
        if method.info.id in found:
            raise TypeError(f"two method files use the id '{method.info.id}'")
        found[method.info.id] = method
    return tuple(found[name] for name in sorted(found))


def named(method_id: str, methods: Sequence[Method]) -> Method:
    """The method of this id.

    Raises:
        NoSuchMethod: there is none; the nearest is named.
    """
    known = {method.info.id: method for method in methods}
    if method_id in known:
        return known[method_id]
    near = difflib.get_close_matches(method_id, known, n=1)
    remedy = f"Did you mean '{near[0]}'?" if near else f"There are: {', '.join(known) or 'none'}."
    raise NoSuchMethod(f"There is no method '{method_id[:60]}'.", remedy)


def taking(kind: Kind, methods: Sequence[Method]) -> tuple[Method, ...]:
    """The methods that take this kind of input, in the given order."""
    return tuple(method for method in methods if method.info.takes is kind)
