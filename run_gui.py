"""Start avatar-gui from a checkout; `python run_gui.py --setup` installs what it needs first."""

import sys

from app.bootstrap import enter_environment, setup

if __name__ == "__main__":
    if sys.argv[1:] == ["--setup"]:
        sys.exit(setup())
    enter_environment()
    from app.main import main

    sys.exit(main())
