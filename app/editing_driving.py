"""What drives the face: live sources, options, recording; the editor's part for it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.driving.camera_follow import CameraFollow
from app.driving.choice import SourceChoice, SourceKind
from app.driving.closing import Closing
from app.driving.driver import Driver
from app.driving.kept import Kept
from app.driving.options import DriveOptions, from_plain, to_plain
from app.driving.reel import Reel
from app.driving.sending import Sending
from app.driving.starting import Make, Starting, landmarker, maker
from app.driving.virtual_camera import VirtualCamera
from app.notices import Notice
from app.sources.base import Source
from renderer.errors import UserError

if TYPE_CHECKING:
    from app.editor import Editor
    from app.jobs.job import Job
    from avatars.head.state import HeadState
    from avatars.progress import Progress

STATUS_EVERY = 0.5
"""Seconds between looks at a source that says nothing: it may have fallen silent."""


class Driving:
    """Lets the face be driven. Main thread only, as the editor.

    Args:
        editor: whose face it is.

    Attributes:
        driver: says which face is shown.
        reel: the motion that the timeline shows.
        kept: what settings keep of it.
        sending: the shown face to other programs.
        problem: why the source could not be started, or None.
        cameras: numbers and names of the cameras; None until they were listed.
        camera: the viewport as a camera for other programs, or None.
        make: opens sources; replaced in tests.
    """

    def __init__(self, editor: "Editor") -> None:
        self._editor = editor
        self.driver = Driver()
        self._closing = Closing(editor)
        self.driver.release = self._closing.release
        self.kept = Kept(editor)
        self.reel = Reel(editor, self.driver)
        self.sending = Sending(editor, self.driver, self.kept)
        self.problem: UserError | None = None
        self.cameras: tuple[tuple[int, str], ...] | None = None
        self.make: Callable[[SourceChoice, Path | None, Callable[[], None]], Make] = maker
        self.camera: VirtualCamera | None = None
        self._follow = CameraFollow(editor)
        self._starting: tuple[Starting, Job] | None = None
        self._listing: Job | None = None
        self._tells = False
        self._key = ""
        self._shown: HeadState | None = None

    # Sources.

    @property
    def choice(self) -> SourceChoice:
        """The source that is chosen, running or not."""
        return self.kept.choice

    def choose(self, **changes: Any) -> None:
        """Change what is chosen of this kind of source; what runs ends."""
        if self.is_live:
            self.stop()
        self.kept.choice = replace(self.choice, **changes)
        self.problem = None

    def choose_kind(self, kind: SourceKind) -> None:
        """Choose a kind of source, as it was chosen last; what runs ends."""
        if kind == self.choice.kind:
            return
        if self.is_live:
            self.stop()
        self.kept.choose_kind(kind)
        self.problem = None

    def list_cameras(self) -> None:
        """Start looking which cameras there are."""
        if self._listing is not None and self._listing.is_active:
            return

        def look(progress: "Progress") -> tuple[tuple[int, str], ...]:
            from app.sources.camera import list_cameras

            progress.report(0.0, "Looking for cameras")
            return tuple(list_cameras())

        def apply(found: tuple[tuple[int, str], ...]) -> None:
            self.cameras = found

        self._listing = self._quiet(look, "Look for cameras", apply)

    @property
    def is_live(self) -> bool:
        """Whether a live source runs or is on its way."""
        return self.is_starting or self.driver.follower is not None

    @property
    def is_starting(self) -> bool:
        """Whether a live source is on its way."""
        return self._starting is not None

    @property
    def source(self) -> Source | None:
        """The live source that is followed, or None."""
        follower = self.driver.follower
        return None if follower is None else follower.source

    def start(self, choice: SourceChoice | None = None, *, tell: bool = False) -> None:
        """Start the chosen source; what runs ends first. A problem becomes a sentence.

        Args:
            choice: another source, which is chosen from now on.
            tell: say problems in a notice too, for those who do not see the panel.
        """
        if choice is not None:
            self.kept.choice = choice
        wanted = self.choice
        self.stop()
        self._tells = tell
        reason = wanted.problem()
        if reason:
            self._fail(UserError("There is no source to start.", reason))
            return
        wake = self._editor.runner.wake or (lambda: None)
        starting = Starting(wanted, self.make(wanted, landmarker(self._editor), wake))
        self._starting = starting, self._quiet(starting.run, "Start the source", None)
        from app.editing_video import with_avatar

        with_avatar(self._editor, lambda: None)

    def stop(self) -> None:
        """Stop source or motion; the resting face comes back."""
        self.problem = None
        starting, self._starting = self._starting, None
        if starting is not None:
            starting[0].drop()
        self.driver.clear_expression()
        self.driver.stop()

    def close(self) -> None:
        """End everything; waits for the sources' threads."""
        self.stop()
        self.sending.stop()
        self.be_camera(on=False)
        self.driver.close()
        self._closing.finish()

    def be_camera(self, *, on: bool) -> None:
        """Be a camera for other programs, or stop."""
        camera, self.camera = self.camera, None
        if camera is not None:
            camera.close()
        if on:
            self.camera = VirtualCamera(self._editor.runner.wake or (lambda: None))

    # Options.

    def set_options(self, *, final: bool = True, **changes: Any) -> None:
        """Change options, by the field names of ``DriveOptions``; kept once ``final``."""
        self.driver.options = replace(self.driver.options, **changes)
        if final:
            self.kept.put_options(self._options_key(), to_plain(self.driver.options))

    def reset_options(self) -> None:
        """Put the options of this source back to the usual ones."""
        self.driver.options = self._usual()
        self.kept.put_options(self._options_key(), to_plain(self.driver.options))

    # Once per frame.

    def poll(self) -> "HeadState | None":
        """What to show from now on; None if that stays as it is."""
        editor = self._editor
        self._take_started()
        self.reel.follow()
        self._follow_key()
        state = self.driver.next(editor.document)
        if state is not None:
            editor.idle.stop()
            self._shown = state
        elif self._shown is not None and (not self.driver.is_active or self._is_mute()):
            self._shown = None
            editor.set_live(None)
            self._follow.let_go()
        elif self._shown is not None and editor.view.live_state is None and self._fits():
            state = self._shown  # another document came, and the source was silent since
        if state is not None:
            if self.kept.camera_follows:
                self._follow.follow(state)
            else:
                self._follow.let_go()
        return state

    @property
    def seconds_until_due(self) -> float | None:
        """Seconds until ``poll`` has something to do by itself; None if it waits for a source."""
        due = self.driver.seconds_until_due
        if self.driver.follower is None:
            return due
        return STATUS_EVERY if due is None else min(due, STATUS_EVERY)

    @property
    def is_moving(self) -> bool:
        """Whether the face moves by itself, so that fewer pixels will do if all take too long."""
        if self._shown is None:
            return False
        player = self.driver.player
        return self.driver.follower is not None or (player is not None and player.is_playing)

    # Parts.

    def _is_mute(self) -> bool:
        """Whether another source has taken over and has said nothing yet."""
        return self.driver.shown is None and self._editor.view.live_state is not None

    def _take_started(self) -> None:
        if self._starting is None:
            return
        starting, job = self._starting
        source = starting.take()
        if source is not None:
            self._starting = None
            self.driver.follow(source, starting.choice.kind)
            self._key = ""
        elif job.is_over:
            self._starting = None
            unknown = UserError("The source did not start.", "Try it again; the log says more.")
            self._fail(starting.problem or unknown)

    def _fail(self, problem: UserError) -> None:
        self.problem = problem
        if self._tells:
            self._editor.notify(Notice(problem.message, problem.remedy, "warning"))

    def _quiet(
        self, task: "Callable[[Progress], Any]", title: str, apply: Callable[[Any], None] | None
    ) -> "Job":
        return self._editor.start(
            task, title, apply, "light", False, quiet=True, keeps_document=True
        )

    def _follow_key(self) -> None:
        """Have the options of this source on this avatar."""
        key = self._options_key()
        if key == self._key:
            return
        before, self._key = self._key.partition(":")[0], key
        kept = self.kept.options(key)
        if kept is not None:
            self.driver.options = from_plain(kept)
        elif key.partition(":")[0] != before:
            self.driver.options = self._usual()

    def _usual(self) -> DriveOptions:
        # A recording holds what was shown, with the driver's rest taken off already.
        return DriveOptions(relative=self._kind() != "recording")

    def _kind(self) -> str:
        if self.driver.player is not None:
            return "recording" if self.reel.was_recorded else "motion"
        return self.driver.kind or self.choice.kind

    def _options_key(self) -> str:
        return self.kept.options_key(self._kind())

    def _fits(self) -> bool:
        """Whether what was shown last belongs to a head like the one that is open."""
        avatar, shown = self._editor.document.avatar, self._shown
        if avatar is None or shown is None:
            return False
        return avatar.head.expression_count == shown.expression.shape[-1]
