"""Errors of floor 2 that a user can act on; the root of the tree lives in the renderer.

UserError                (renderer.errors)
 ├── UnreadableFile      a file is missing, broken, hostile, or not what its name says
 │    └── NewerFile      a file was written by a later version of this program
 ├── HeadMismatch        an avatar, a motion or a map belongs to another head
 ├── MissingWeights      a download is needed and could not be made
 └── NoFaceFound         a picture or video shows no face that can be used
"""

from renderer.errors import UnreadableFile, UserError

__all__ = [
    "HeadMismatch",
    "MissingWeights",
    "NewerFile",
    "NoFaceFound",
    "UnreadableFile",
    "UserError",
]


class NoFaceFound(UserError):
    """A picture or video shows no face that can be used."""


class MissingWeights(UserError):
    """A model or its weights are not on this machine and could not be fetched."""


class HeadMismatch(UserError):
    """Something was made for one head and is used with another, or a head lacks what is asked."""


class NewerFile(UnreadableFile):
    """A file's format is newer than this program."""
