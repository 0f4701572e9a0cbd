"""Errors a user can act on. Everything else that is raised is a bug.

UserError
 ├── NoGpu             CUDA was asked for and cannot be used
 ├── OutOfGpuMemory    the picture or the splats do not fit
 ├── UnreadableFile    a file is missing, truncated, or not what its name says
 │    └── BadSplatFile a splat file breaks its format or holds too many unusable splats
 └── (more children live on the floor that raises them)
"""


class UserError(Exception):
    """The world was not as hoped, and the user can do something about it.

    Args:
        message: one sentence that says what happened, to which file or flag.
        remedy: one sentence that says what to do now.
    """

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(f"{message} {remedy}")
        self.message = message
        self.remedy = remedy


class NoGpu(UserError):
    """CUDA was asked for, but there is no usable device or no compiled kernel."""


class OutOfGpuMemory(UserError):
    """The GPU has no room for what was asked."""


class UnreadableFile(UserError):
    """A file cannot be read: missing, truncated, or of another format than expected."""


class BadSplatFile(UnreadableFile):
    """A splat file breaks its format."""
