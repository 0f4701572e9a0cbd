"""Where the program keeps its things. ``AVATAR_GUI_HOME`` moves all of them to one folder."""

import os
from dataclasses import dataclass
from pathlib import Path

NAME = "avatar-gui"


@dataclass(frozen=True)
class Paths:
    """Folders; none is created by asking for it."""

    config: Path
    cache: Path
    data: Path
    logs: Path

    @property
    def heads(self) -> Path:
        """Imported head models."""
        return self.data / "heads"

    @property
    def kernels(self) -> Path:
        """Compiled CPU kernels."""
        return self.cache / "kernels"

    @property
    def log_file(self) -> Path:
        """The rotating log."""
        return self.logs / f"{NAME}.log"

    @property
    def reports(self) -> Path:
        """Reports of bugs."""
        return self.logs / "reports"


def paths() -> Paths:
    """The folders of this user, or those under ``AVATAR_GUI_HOME``."""
    home = os.environ.get("AVATAR_GUI_HOME")
    if home:
        root = Path(home).expanduser().absolute()
        return Paths(root / "config", root / "cache", root / "data", root / "logs")
    import platformdirs

    return Paths(
        Path(platformdirs.user_config_dir(NAME)),
        Path(platformdirs.user_cache_dir(NAME)),
        Path(platformdirs.user_data_dir(NAME)),
        Path(platformdirs.user_log_dir(NAME)),
    )


def asset(name: str) -> Path:
    """A file that ships with the program, for example ``heads/default.npz``."""
    # Packages lie side by side, in a checkout as in an installation.
    return Path(__file__).resolve().parent.parent / "assets" / name
