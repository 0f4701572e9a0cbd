"""The look of a picture or of a style network over the head, worked out as a job."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from app.editor import Editor
    from app.jobs.job import Job
    from avatars.edits.layer import Layer
    from avatars.progress import Progress

CHOICE, JOB = "document.style", "document.style job"
Method = Literal["texture", "palette"]


@dataclass(frozen=True)
class StyleChoice:
    """What style to lay over the head.

    Attributes:
        path: a picture, or a network (.t7, .onnx); None until one is chosen.
        method: for pictures, colours and brushwork or colours alone.
        strength: 0..1.
        region: that it keeps to, or None.
    """

    path: Path | None = None
    method: Method = "texture"
    strength: float = 0.7
    region: str | None = None

    @property
    def is_network(self) -> bool:
        """Whether it is a network and no picture."""
        return self.path is not None and self.path.suffix.lower() in (".t7", ".onnx", ".net")


def choice_of(editor: "Editor") -> StyleChoice:
    """The style as it is chosen."""
    found = editor.panel.get(CHOICE)
    return found if isinstance(found, StyleChoice) else StyleChoice()


def choose(editor: "Editor", chosen: StyleChoice) -> None:
    """Choose a style."""
    editor.panel[CHOICE] = chosen


def job_of(editor: "Editor") -> "Job | None":
    """The job that works a style out, if one does."""
    job: Job | None = editor.panel.get(JOB)
    return job if job is not None and job.is_active else None


def start(editor: "Editor") -> "Job | None":
    """Start laying the chosen style over all layers; None without one."""
    from app.editing_layers import add

    document, chosen = editor.document, choice_of(editor)
    avatar, path = document.avatar, chosen.path
    if avatar is None or path is None:
        return None

    def work(progress: "Progress") -> "Layer":
        from app.jobs.cores import leave_one_core
        from avatars.edits.actions import shown_colors
        from avatars.edits.stack import fresh_id
        from avatars.edits.style import style_layer

        leave_one_core()
        return style_layer(
            shown_colors(avatar, document.layers),
            avatar.maps.valid.cpu().numpy(),
            path,
            id=fresh_id(document.layers),
            strength=chosen.strength,
            region=chosen.region,
            method=None if chosen.is_network else chosen.method,
            progress=progress,
        )

    def apply(made: "Layer") -> None:
        name = f"{path.stem[:180].replace('_', ' ').capitalize()} style"
        editor.view = replace(editor.view, selected_layer=None)
        add(editor, replace(made, name=name), f"Style {path.stem}")

    job = editor.start(work, f"Style of {path.name}", apply)
    editor.panel[JOB] = job
    return job
