"""What `make run` does: the window where there is a display, else the main job without one.

With ``PHOTO=...`` the window opens with that photo and makes it an avatar.
"""

import os
import sys

from app.logs import library_noise_to
from app.notices import report_user_error
from app.startup import prepare
from app.system import has_display
from renderer.errors import UserError


def main() -> int:
    """Open the window or do without; returns the exit code."""
    if has_display():
        from app.main import main as start

        photo = os.environ.get("PHOTO")
        return start([photo] if photo else [])
    places = prepare()  # before torch and numba are imported
    try:
        with library_noise_to(places.log_file):
            from app.first_head import main as make_head

            return make_head()
    except UserError as error:
        return report_user_error(error)


if __name__ == "__main__":
    sys.exit(main())
