"""Start-up, in order."""

import errno
import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code (0, 2, 70 or 130)."""
    from app.cli import parse
    from app.notices import INTERRUPTED, report_bug, report_user_error
    from renderer.errors import UserError

    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        command = parse(given)  # --help and --version end here, before anything heavy is imported
    except UserError as error:
        return report_user_error(error)
    except SystemExit as stop:
        return int(stop.code or 0)

    from app.logs import library_noise_to
    from app.paths import paths
    from app.startup import prepare

    places = paths()
    try:
        prepare()
        with library_noise_to(places.log_file):
            code = command()
            sys.stdout.flush()
            return code
    except UserError as error:
        return report_user_error(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output has gone, for example `| head`
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  (so that the last flush is silent too)
        return 0
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            return report_bug(error, places.reports, given)
        full = UserError(
            "There is no room left to write.", "Free some space or choose another disk."
        )
        return report_user_error(full)
    except Exception as error:  # noqa: BLE001  (the outermost edge: everything else is a bug)
        return report_bug(error, places.reports, given)


if __name__ == "__main__":
    sys.exit(main())
