"""Flags of the `avatar-gui head` commands."""

import argparse
from pathlib import Path

from app.cli import Parser


def add_commands(parser: Parser) -> None:
    """Declare import, list, use, get and sheet."""
    commands = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    row = commands.add_parser("import", help="check and store a head model", allow_abbrev=False)
    row.add_argument(
        "path", type=Path, metavar="PATH", help="a FLAME file or folder, or ICT-FaceKit"
    )
    row.add_argument("--name", help="what to call it (default: the file's or folder's stem)")
    row.add_argument("--force", action="store_true", help="replace a head of that name")
    row = commands.add_parser("list", help="the heads that can be used", allow_abbrev=False)
    row.add_argument("--json", action="store_true", help="print one JSON document")
    row = commands.add_parser("use", help="make new avatars on this head", allow_abbrev=False)
    row.add_argument("name", metavar="NAME")
    row = commands.add_parser("sheet", help="draw contact sheets of a head", allow_abbrev=False)
    row.add_argument("name", metavar="NAME")
    row.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    row = commands.add_parser(
        "get", help="download a head that may be passed on", allow_abbrev=False
    )
    row.add_argument("name", metavar="NAME", help="ict-facekit")
    row.add_argument("--force", action="store_true", help="replace a head of that name")


def run(options: argparse.Namespace) -> int:
    """Carry out one of them; exit code 0.

    Raises:
        UserError: as the functions of ``app.heads`` and ``app.head_sheet``.
    """
    from app.cli import print_result
    from app.paths import paths

    home = paths().heads
    if options.action == "sheet":
        from app.head_sheet import write_sheets

        print_result(
            "\n".join(str(path) for path in write_sheets(options.name, options.output, home))
        )
        return 0
    from app import heads

    if options.action == "import":
        text = heads.import_head(options.path, options.name, options.force, home)
    elif options.action == "list":
        text = heads.list_heads(home, as_json=options.json)
    elif options.action == "use":
        text = heads.use_head(options.name, home)
    else:
        text = heads.get_head(options.name, home, force=options.force)
    print_result(text)
    return 0
