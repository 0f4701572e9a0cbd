"""What is open and how it changes: document, drafts, undo, view. No files, no work in threads."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import face_edits
from app.document import EMPTY, Document
from app.history import History
from app.idle_motion import IdleMotion
from app.requests import Requests
from app.settings import Settings
from app.view import RenderOptions, View, ViewOrbit, background_of

if TYPE_CHECKING:
    from app.frame_request import RenderRequest
    from avatars.head.state import HeadState


class Session:
    """A document with its drafts, its history and the view of it.

    Args:
        settings: what the person has chosen.

    Attributes:
        settings: in use.
        document: what is open.
        draft: shown in its place while something is being dragged, or None.
        view: how it is looked at.
        history: for undo and redo.
        panel: state of panels by name; what begins with ``document.`` goes when another document
            is opened.
        demo: the demo avatar's document, if it is what was opened, or None.
        idle: the motion of an avatar that nobody has touched yet.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.document = EMPTY
        self.draft: Document | None = None
        self.view = View(options=RenderOptions(background=background_of(settings.background)))
        self.history = History(settings.undo_mb << 20)
        self.history.push("Start", EMPTY)
        self.panel: dict[str, Any] = {}
        self.demo: Document | None = None
        self.idle = IdleMotion()
        self._requests = Requests()
        self._saved: dict[int, Document] = {EMPTY.lineage: EMPTY}
        self._paths: dict[int, Path] = {}

    # What is open.

    @property
    def shown(self) -> Document:
        """The draft while something is being dragged, else the document."""
        return self.document if self.draft is None else self.draft

    @property
    def saved(self) -> Document | None:
        """The document as its file has it; None where it was never saved."""
        return self._saved.get(self.document.lineage)

    @property
    def path(self) -> Path | None:
        """The document's file, or None."""
        return self._paths.get(self.document.lineage)

    @property
    def is_dirty(self) -> bool:
        """Whether there is work that no file holds."""
        return self.document is not self.saved

    @property
    def has_work(self) -> bool:
        """Whether closing would lose something; a face tried on the demo is nothing."""
        demo, document = self.demo, self.document
        if demo is not None and document.avatar is demo.avatar and not document.layers:
            return False
        return self.is_dirty

    @property
    def title(self) -> str:
        """What the window is called: a dot for unsaved work, the file, the program."""
        if self.document.is_empty:
            return "avatar-gui"
        name = self.document.name if self.path is None else self.path.name
        return f"{'● ' if self.is_dirty else ''}{name} - avatar-gui"

    def open_document(
        self, document: Document, path: Path | None = None, *, unsaved: bool = False
    ) -> None:
        """Put another document in the place of this one, with a history of its own.

        Args:
            document: the new one.
            path: its file, or None.
            unsaved: whether it holds work that no file has (a copy restored after a crash).
        """
        self.document, self.draft, self.demo = document, None, None
        self.history = History(self.settings.undo_mb << 20)
        self.history.push("Start" if path is None else "Open", document)
        self._saved = {EMPTY.lineage: EMPTY}
        self._paths = {}
        if path is not None:
            self._paths[document.lineage] = path
        if not unsaved:
            self._saved[document.lineage] = document
        self.panel = {k: v for k, v in self.panel.items() if not k.startswith("document.")}
        self._requests = Requests()
        self.idle.stop()
        orbit = ViewOrbit().framed(document.centre, document.distance)
        options = replace(self.view.options, camera="free", wipe=None)
        self.view = View(orbit=orbit, options=options, tool=self.view.tool, brush=self.view.brush)

    def apply_avatar(self, document: Document, label: str) -> None:
        """Show another avatar as one undo step; it has no file yet."""
        self.commit(label, document)
        orbit = self.view.orbit.framed(document.centre, document.distance)
        options = replace(self.view.options, camera="free", wipe=None)
        self.view = replace(
            self.view, orbit=orbit, options=options, live_state=None, selected_layer=None
        )

    def mark_saved(self, document: Document, path: Path) -> None:
        """A file holds this document now; the dot goes out if nothing has changed since."""
        if any(each.lineage == document.lineage for each in self.history.documents()):
            self._saved[document.lineage] = document
            self._paths[document.lineage] = path

    # Edits and undo.

    def commit(self, label: str, document: Document, merge: str | None = None) -> None:
        """Make an edited document the current one, as one step that can be undone.

        Args:
            label: what was done, as a menu names it.
            document: the edited one; the current one itself is no edit.
            merge: key by which steps that follow each other become one.
        """
        self.touch()
        self.draft = None
        if document is self.document:
            return
        self.history.push(label, document, merge)
        self._show(document)

    def undo(self) -> None:
        """Take back the drag that is going on, else the last step."""
        self.touch()
        if self.draft is not None:
            self.draft = None
        elif self.history.can_undo:
            self._show(self.history.undo())

    def redo(self) -> None:
        """Do again what was undone last."""
        self.touch()
        if self.draft is None and self.history.can_redo:
            self._show(self.history.redo())

    def jump(self, index: int) -> None:
        """Go to a step of the history.

        Raises:
            IndexError: there is no such step.
        """
        self.touch()
        self.draft = None
        self._show(self.history.jump(index))

    def set_draft(self, document: Document | None) -> None:
        """Show a document while something is being dragged; None ends that without a trace."""
        self.touch()
        self.draft = None if document is self.document else document

    def commit_draft(self, label: str, merge: str | None = None) -> None:
        """Make what is being dragged a step; nothing if nothing is."""
        if self.draft is not None:
            self.commit(label, self.draft, merge)

    def _show(self, document: Document) -> None:
        old, self.document = self.document, document
        if old.avatar is not document.avatar and old.avatar is not None:
            # A former avatar's poses are quickly made again and would be held by the history.
            old.avatar.forget()

    def _edit(self, label: str, document: Document, *, final: bool, merge: str | None) -> None:
        if final:
            self.commit(label, document, merge)
        else:
            self.set_draft(document)

    # The face.

    def set_head_state(
        self,
        state: "HeadState",
        label: str = "Move the face",
        merge: str | None = None,
        draft: bool = False,
    ) -> None:
        """Give the resting face another state; as a draft while it is being dragged."""
        edited = face_edits.with_head_state(self.document, state)
        self._edit(label, edited, final=not draft, merge=merge)

    def set_arkit(
        self,
        values: Mapping[str, float],
        *,
        final: bool,
        label: str = "Move the face",
        merge: str | None = None,
    ) -> None:
        """Change some of the 52 ARKit weights, 0..2; a draft until ``final``.

        Raises:
            KeyError: an unknown name.
        """
        edited = face_edits.with_arkit(self.document, values)
        self._edit(label, edited, final=final, merge=merge)

    def set_face(self, values: Mapping[str, float], label: str) -> None:
        """Make a face of these ARKit weights and no others, such as a preset.

        Raises:
            KeyError: an unknown name.
        """
        self.commit(label, face_edits.with_face(self.document, values))

    def reset_face(self) -> None:
        """Put the face at rest; the head's place and turn stay."""
        self.commit("Reset the face", face_edits.with_rest(self.document))

    def set_betas(
        self, index: int, value: float, final: bool, label: str = "Change the shape"
    ) -> None:
        """Change one identity coefficient, standard deviations; a draft until ``final``.

        Raises:
            IndexError: the head has no such coefficient.
        """
        edited = face_edits.with_beta(self.document, index, value)
        self._edit(label, edited, final=final, merge=None)

    def reset_shape(self) -> None:
        """Put all identity coefficients back to 0."""
        self.commit("Reset the shape", face_edits.with_shape_reset(self.document))

    def set_name(self, name: str) -> None:
        """Call the person something else; empty names are ignored."""
        name = name.strip()
        if name and name != self.document.name and not self.document.is_empty:
            self.commit("Rename", replace(self.document, name=name), "name")

    # The view; none of this is undone or saved.

    def set_orbit(self, orbit: ViewOrbit) -> None:
        """Move the free camera."""
        self.touch()
        self.view = replace(self.view, orbit=orbit)

    def set_options(self, **changes: Any) -> None:
        """Change how it is drawn, by the field names of ``RenderOptions``."""
        self.view = replace(self.view, options=replace(self.view.options, **changes))

    def set_tool(self, name: str) -> None:
        """Choose what the pointer does in the picture."""
        self.view = replace(self.view, tool=name)

    def set_live(self, state: "HeadState | None") -> None:
        """Show a state in place of the resting face; None shows the resting face again."""
        self.idle.stop()
        self.view = replace(self.view, live_state=state)

    def touch(self) -> None:
        """The person did something: idle motion ends."""
        if self.idle.is_running:
            self.idle.stop()
            self.view = replace(self.view, live_state=None)

    @property
    def newest_request(self) -> "RenderRequest | None":
        """What was asked for last, or None."""
        return self._requests.newest

    def request(self, width: int, height: int, *, moving: bool) -> "RenderRequest":
        """What a viewport of this size should show now; the same object while nothing changes."""
        return self._requests.next(self.shown, self.view, width, height, moving=moving)
