"""The commands: what can be typed, and which function each one calls.

Nothing heavy is imported here, so that ``--help`` answers at once; each command imports what it
needs when it runs.
"""

import argparse
import difflib
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from app import __version__
from renderer.errors import UserError

Run = Callable[[], int]
DEVICES = ("auto", "cpu", "cuda")


class Parser(argparse.ArgumentParser):
    """argparse with our manners: a wrong word is a UserError that names the nearest right one."""

    def error(self, message: str) -> NoReturn:
        """Raise a UserError instead of printing usage and leaving."""
        raise UserError(f"{message[:1].upper()}{message[1:]}.", f"See '{self.prog} --help'.")

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Like argparse's, but unknown flags are answered with the nearest known one."""
        known = self._flags()
        for word in args or ():
            flag = word.split("=")[0]
            # Before argparse: it would complain first of what is missing, not of what is wrong.
            if flag.startswith("--") and len(flag) > 2 and flag not in known:
                raise self._unknown(word)
        parsed, unknown = self.parse_known_args(args, namespace)
        if unknown:
            raise self._unknown(unknown[0])
        return parsed

    def _unknown(self, word: str) -> UserError:
        return UserError(
            f"'{word}' is not something '{self.prog}' understands.",
            _nearest(word.split("=")[0], self._flags(), f"See '{self.prog} --help'."),
        )

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        known = [str(choice) for choice in action.choices]
        name = "/".join(action.option_strings) or action.metavar or action.dest
        raise UserError(
            f"'{value}' is none of the values of {name}.",
            _nearest(str(value), known, f"Use one of: {', '.join(known)}."),
        )

    def _flags(self) -> list[str]:
        flags = [flag for action in self._actions for flag in action.option_strings]
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                flags += [flag for each in action.choices.values() for flag in each._flags()]
        return flags


def parse(arguments: Sequence[str]) -> Run:
    """The function that carries out a command line.

    Raises:
        UserError: a command, flag or value that is not known.
        SystemExit: after ``--help`` and ``--version`` have answered.
    """
    if not arguments or arguments[0].startswith("-"):
        return _window(arguments)
    name, rest = arguments[0], arguments[1:]
    if name in COMMANDS:
        summary, build = COMMANDS[name]
        parser = Parser(prog=f"avatar-gui {name}", description=summary, allow_abbrev=False)
        run = build(parser)
        return partial(run, parser.parse_args(rest))
    if Path(name).exists():
        return _window(arguments)
    raise UserError(
        f"'{name}' is neither a command nor a file.",
        _nearest(name, list(COMMANDS), "See 'avatar-gui --help'."),
    )


def _nearest(word: str, known: list[str], otherwise: str) -> str:
    found = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"Did you mean '{found[0]}'?" if found else otherwise


def _overview() -> Parser:
    rows = "\n".join(f"  {name:<12} {summary}" for name, (summary, _) in COMMANDS.items())
    parser = Parser(
        prog="avatar-gui",
        description="Photoreal 3D head avatars of Gaussian splats.",
        epilog=f"commands:\n{rows}\n\nSee 'avatar-gui COMMAND --help' for each.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"avatar-gui {__version__}")
    return parser


def _window(arguments: Sequence[str]) -> Run:
    from app.window_flags import add_flags, flags_of

    parser = _overview()
    add_flags(parser)
    flags = flags_of(parser.parse_args(arguments))

    def run() -> int:
        from app.gui.window import run

        return run(flags)

    return run


def _doctor(parser: Parser) -> Callable[[argparse.Namespace], int]:
    parser.add_argument("--json", action="store_true", help="print one JSON document")

    def run(options: argparse.Namespace) -> int:
        from app import doctor

        return doctor.run(as_json=options.json)

    return run


def _info(parser: Parser) -> Callable[[argparse.Namespace], int]:
    parser.add_argument("file", type=Path, metavar="FILE", help="any file the program reads")
    parser.add_argument("--json", action="store_true", help="print one JSON document")

    def run(options: argparse.Namespace) -> int:
        from app import info

        return info.run(options.file, as_json=options.json)

    return run


def _head(parser: Parser) -> Callable[[argparse.Namespace], int]:
    from app.head_flags import add_commands, run

    add_commands(parser)
    return run


def _later(module: str) -> Callable[[argparse.Namespace], int]:
    """The ``run`` of a module that is imported only when the command really runs."""

    def run(options: argparse.Namespace) -> int:
        from importlib import import_module

        code: int = import_module(module).run(options)
        return code

    return run


def _render(parser: Parser) -> Callable[[argparse.Namespace], int]:
    from app.render_flags import add_flags

    add_flags(parser)
    return _later("app.render")


def _reconstruct(parser: Parser) -> Callable[[argparse.Namespace], int]:
    from app.avatar_flags import add_reconstruct

    add_reconstruct(parser)
    return _later("app.reconstruct")


def _evaluate(parser: Parser) -> Callable[[argparse.Namespace], int]:
    from app.avatar_flags import add_evaluate

    add_evaluate(parser)
    return _later("app.evaluate")


def _export(parser: Parser) -> Callable[[argparse.Namespace], int]:
    from app.avatar_flags import add_export

    add_export(parser)
    return _later("app.export")


def _edit(parser: Parser) -> Callable[[argparse.Namespace], int]:
    from app.edit_flags import add_edit

    add_edit(parser)
    return _later("app.edit")


def _track(parser: Parser) -> Callable[[argparse.Namespace], int]:
    from app.motion_flags import add_track

    add_track(parser)
    return _later("app.track")


def _reenact(parser: Parser) -> Callable[[argparse.Namespace], int]:
    from app.motion_flags import add_reenact

    add_reenact(parser)
    return _later("app.reenact")


def _methods(parser: Parser) -> Callable[[argparse.Namespace], int]:
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return _later("app.list_methods")


def _weights(parser: Parser) -> Callable[[argparse.Namespace], int]:
    commands = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    row = commands.add_parser("list", help="what can be downloaded", allow_abbrev=False)
    row.add_argument("--json", action="store_true", help="print one JSON document")
    row = commands.add_parser("get", help="download one of them", allow_abbrev=False)
    row.add_argument("name", metavar="NAME", help="as 'weights list' says")
    return _later("app.weights")


def _bake(parser: Parser) -> Callable[[argparse.Namespace], int]:
    from app.bake_flags import add_flags

    add_flags(parser)
    return _later("app.bake")


def _bench(parser: Parser) -> Callable[[argparse.Namespace], int]:
    from app.bench.options import add_flags, run

    add_flags(parser)
    return run


def add_device(parser: argparse.ArgumentParser) -> None:
    """The two flags every computing command has."""
    parser.add_argument(
        "--device", choices=DEVICES, default="auto", help="where to compute (default: auto)"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of everything random (default 0)")


Builder = Callable[[Parser], Callable[[argparse.Namespace], int]]
COMMANDS: dict[str, tuple[str, Builder]] = {
    "doctor": ("check this machine and say what to mend", _doctor),
    "head": ("import, list, choose and look at head models", _head),
    "info": ("what is in a file", _info),
    "reconstruct": ("make an avatar of a photo", _reconstruct),
    "evaluate": ("compare an avatar with its photo", _evaluate),
    "edit": ("stickers, paint, colours and styles on an avatar", _edit),
    "bake": ("an avatar on maps that can be painted on", _bake),
    "export": ("posed splats or the UV map of an avatar", _export),
    "methods": ("what can make an avatar", _methods),
    "weights": ("list and download what methods can use", _weights),
    "render": ("draw a picture", _render),
    "track": ("the motion of a face in a video", _track),
    "reenact": ("let a video or a motion drive an avatar", _reenact),
    "bench": ("measure speed and memory", _bench),
}


def print_result(text: str) -> None:
    """Write a command's result to stdout."""
    sys.stdout.write(text.rstrip("\n") + "\n")
