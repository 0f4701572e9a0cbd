"""The motion that the timeline shows: the open document's, with its play head."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from app.driving.player import Player
from app.jobs.job import Job
from app.jobs.motion_clip import MotionClip, motion_clip
from app.notices import Notice

if TYPE_CHECKING:
    from app.driving.driver import Driver
    from app.driving.options import DriveOptions
    from app.editor import Editor
    from app.jobs.job import Lane
    from app.jobs.work import Task
    from avatars.motion import Motion
    from avatars.progress import Progress

TIMELINE = "panel:Timeline"


@dataclass(frozen=True)
class Story:
    """Where a motion comes from.

    Attributes:
        name: for people.
        video: the film it was tracked from, or None.
        since: frame of that film that it begins with.
        was_recorded: whether it holds what was shown here, the driver's rest taken off already.
    """

    name: str = "Motion"
    video: Path | None = None
    since: int = 0
    was_recorded: bool = False


class Reel:
    """Plays, records, cuts and writes the document's motion.

    Args:
        editor: whose document it is.
        driver: plays and records.

    Attributes:
        player: with the play head; None without a motion.
    """

    def __init__(self, editor: "Editor", driver: "Driver") -> None:
        self._editor, self._driver = editor, driver
        self.player: Player | None = None
        self._stories: WeakKeyDictionary[Motion, Story] = WeakKeyDictionary()
        self._plays_next: Motion | None = None
        self._recorded: Motion | None = None
        self._seen: Motion | None = None
        self._lineage = editor.document.lineage

    # What there is.

    @property
    def motion(self) -> "Motion | None":
        """The motion on the timeline."""
        return None if self.player is None else self.player.motion

    @property
    def story(self) -> Story:
        """Where it comes from."""
        return Story() if self.motion is None else self._stories.get(self.motion, Story())

    @property
    def was_recorded(self) -> bool:
        """Whether it was recorded here."""
        return self.story.was_recorded

    @property
    def is_shown(self) -> bool:
        """Whether the motion is what drives the face now, playing or standing."""
        return self.player is not None and self._driver.player is self.player

    @property
    def is_playing(self) -> bool:
        """Whether it runs."""
        return self.is_shown and self.player is not None and self.player.is_playing

    def put(self, motion: "Motion", label: str, story: Story, *, play: bool = True) -> None:
        """Give the document a motion, as a step that can be undone."""
        self._stories[motion] = story
        self._plays_next = motion if play else None
        self._editor.commit(label, replace(self._editor.document, motion=motion))

    def follow(self) -> None:
        """Have the motion of the document that is open, and take what was recorded."""
        if self._driver.recorded is not self._recorded and self._editor.draft is None:
            self._take_recording()
        document = self._editor.document
        is_same = document.lineage == self._lineage
        if is_same and document.motion is self._seen:
            return
        self._seen, self._lineage = document.motion, document.lineage
        # A motion stays when another avatar is opened: it can be played on any.
        if document.motion is not self.motion and (document.motion is not None or is_same):
            self._set(document.motion)

    def _set(self, motion: "Motion | None") -> None:
        was_shown, old = self.is_shown, self.player
        self.player = None if motion is None else Player(motion)
        if self.player is None:
            if was_shown:
                self._driver.stop()
            return
        if old is not None:
            self.player.loop, self.player.speed = old.loop, old.speed
        self._editor.wants.add(TIMELINE)
        if self._plays_next is motion:
            self.play()
        elif was_shown:
            self._driver.use(self.player)
        self._plays_next = None

    # Playing.

    def show(self) -> None:
        """Show the motion where its play head stands; a live source ends."""
        if self.player is not None and not self.is_shown:
            self._driver.use(self.player)

    def play(self) -> None:
        """Run."""
        self.show()
        if self.player is not None:
            self.player.play()

    def toggle(self) -> None:
        """Run, or stand still."""
        if self.player is not None and self.is_playing:
            self.player.pause()
        else:
            self.play()

    def seek(self, frame: float) -> None:
        """Go to a frame."""
        self.show()
        if self.player is not None:
            self.player.seek(frame)

    def step(self, frames: int) -> None:
        """Stand still some frames on, or back."""
        self.show()
        if self.player is not None:
            self.player.step(frames)

    def go_to_end(self, *, last: bool) -> None:
        """Go to the first or the last frame of the range."""
        if self.player is not None:
            self.seek(self.player.range[1 if last else 0])

    # Recording.

    @property
    def is_recording(self) -> bool:
        """Whether what is shown is being recorded."""
        return self._driver.recorder is not None

    def record(self) -> None:
        """Begin to record what is shown, or end it."""
        if self._driver.recorder is not None:
            if self._driver.stop_recording() is None:
                self._editor.notify(
                    Notice("Nothing moved while it was recorded.", "Start a source, then record.")
                )
            return
        avatar = self._editor.document.avatar
        if avatar is not None:
            self._driver.start_recording(avatar.head)

    def _take_recording(self) -> None:
        motion = self._recorded = self._driver.recorded
        if motion is None or self._editor.document.avatar is None:
            return
        self.put(motion, "Record motion", Story("Recording", was_recorded=True), play=False)
        self._editor.notify(
            Notice(
                f"Recorded {motion.seconds:.1f} seconds.",
                "Press Space to play them.",
                action_id="save-motion",
                action_label="Save",
            )
        )

    # Cutting and writing.

    def trim(self) -> None:
        """Keep the range alone, as a step that can be undone."""
        motion, player = self.motion, self.player
        if motion is None or player is None or player.range == (0, len(motion) - 1):
            return
        first, last = player.range
        story = replace(self.story, since=self.story.since + first)
        self.put(motion.trimmed(first, last + 1), "Trim motion", story, play=self.is_playing)

    def save(self, path: Path) -> Job | None:
        """Start writing the motion as .npz."""
        motion = self.motion
        if motion is None:
            return None

        def write(progress: "Progress") -> Path:
            from avatars.files.motion_file import write_motion

            progress.report(0.0, f"Writing {path.name}")
            write_motion(path, motion)
            return path

        return self._start(write, f"Save {path.name}", "light")

    def export(self, path: Path, *, size: int = 720, beside: bool = False) -> Job | None:
        """Start drawing the driven avatar.

        Args:
            path: an .mp4, or a name such as ``name_%04d.png`` for pictures with alpha.
            size: pixels a side, even.
            beside: show the film it was tracked from beside it.
        """
        player, editor = self.player, self._editor
        if player is None:
            return None
        options = self._driver.options if self.is_shown else self.usual_options()
        story = self.story
        is_clip = path.suffix.lower() == ".mp4"
        clip = MotionClip(
            document=editor.document,
            motion=player.motion,
            frames=player.range,
            options=options,
            orbit=editor.view.orbit,
            background=editor.view.options.background if is_clip else None,
            size=size,
            video=story.video,
            since=story.since,
            beside=beside,
            device=editor.settings.device,
        )
        return self._start(partial(motion_clip, clip, path), f"Export {path.name}", "heavy")

    def usual_options(self) -> "DriveOptions":
        """How this motion is taken over when nobody has changed it."""
        from app.driving.options import DriveOptions

        return DriveOptions(relative=not self.was_recorded)

    def _start(self, task: "Task[Path]", title: str, lane: "Lane") -> Job:
        def told(path: Path) -> None:
            self._editor.notify(Notice(f"Wrote {path}."))

        return self._editor.start(task, title, told, lane, False, keeps_document=True)
