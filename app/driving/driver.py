"""The driver: the one place that says which face is shown while something moves it."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from app.driving.follower import Follower
from app.driving.options import DriveOptions, Plain, from_plain, to_plain
from app.driving.player import Player
from app.driving.recorder import Recorder
from app.sources.base import Source, SourceStatus
from app.sources.udp import VmcSender
from renderer.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from app.document import Document
    from avatars.head.model import HeadModel
    from avatars.head.state import HeadState
    from avatars.motion import Motion

log = logging.getLogger(__name__)

PRESET_SECONDS = 0.15
"""In which an expression of a hotkey is blended in and out."""
FRAME = 1 / 60


class Driver:
    """Follows a live source or plays a motion, lays expressions over it, records, and sends out.

    Called from the main thread alone. Nothing of it enters the document's history.

    Args:
        clock: seconds; another one in tests.

    Attributes:
        options: how a face is taken over.
        kind: of the source, such as ``camera``, for keeping options; empty without one.
        follower: of the live source, or None.
        player: of the motion, or None.
        recorder: while something is recorded, else None.
        recorded: the last recording, or None.
        sender: sends what is shown to another program, or None.
        failure: why the driven face cannot be shown on this avatar, or None.
        weights: [52] weights of the source, for the monitor; None without one.
        release: ends a source that is let go of; set it where that must not hold up the caller.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.options = DriveOptions()
        self.kind = ""
        self.follower: Follower | None = None
        self.player: Player | None = None
        self.recorder: Recorder | None = None
        self.recorded: Motion | None = None
        self.sender: VmcSender | None = None
        self.failure: UserError | None = None
        self.weights: list[float] | None = None
        self.release: Callable[[Source], None] = lambda source: source.close()
        self._named: list[float] | None = None
        self._head: HeadModel | None = None
        self._preset: dict[str, float] = {}
        self._preset_on = False
        self._preset_at = -1e9
        self._base: HeadState | None = None
        self._shown: HeadState | None = None

    # Sources.

    def follow(self, source: Source, kind: str, kept: dict[str, Plain] | None = None) -> None:
        """Follow a live source from now on.

        Args:
            source: it belongs to the driver now, which closes it.
            kind: what it is, for keeping its options.
            kept: options of the last time.
        """
        self.stop()
        self.follower, self.kind = Follower(source, self._clock), kind
        self.options = from_plain(kept or {})

    def load(self, motion: "Motion", *, play: bool = True) -> None:
        """Play a motion from now on."""
        player = Player(motion, self._clock)
        if play:
            player.play()
        self.use(player)

    def use(self, player: Player, kept: dict[str, Plain] | None = None) -> None:
        """Show what a player plays from now on, from where it stands.

        Args:
            player: of the motion.
            kept: options of the last time; None leaves those of now.
        """
        self.stop()
        self.player, self.kind = player, "motion"
        player.forget()
        if kept is not None:
            self.options = from_plain(kept)

    def stop(self) -> None:
        """Let go of source and motion; the resting face is shown again. Recording ends."""
        self.stop_recording()
        follower, self.follower, self.player = self.follower, None, None
        if follower is not None:
            self.release(follower.source)
        self.kind, self.failure, self.weights = "", None, None
        self._base = self._shown = self._named = None

    def close(self) -> None:
        """End everything."""
        self.stop()
        if self.sender is not None:
            self.sender.close()
            self.sender = None

    @property
    def is_active(self) -> bool:
        """Whether something drives the face, or an expression is laid over it."""
        return self.follower is not None or self.player is not None or self._preset_share > 0

    def status(self) -> SourceStatus | None:
        """How the live source is; None without one."""
        return None if self.follower is None else self.follower.source.status()

    def kept(self) -> dict[str, Plain]:
        """The options as settings keep them."""
        return to_plain(self.options)

    @property
    def shown(self) -> "HeadState | None":
        """What was shown last of this source; None before its first face."""
        return self._shown

    # Expressions on hotkeys.

    def show_expression(self, weights: dict[str, float]) -> None:
        """Lay an expression over the driven face; the same again takes it away."""
        same = self._preset_on and weights == self._preset
        if not same:
            self._preset = dict(weights)
        self._preset_on = not same
        share = self._preset_share if same else 0.0
        # So that a change of mind half way goes on from where it is.
        self._preset_at = self._clock() - PRESET_SECONDS * (1 - share if same else share)

    def clear_expression(self) -> None:
        """Take away the expression that lies over the face, if one does."""
        if self._preset_on:
            self.show_expression(self._preset)

    @property
    def expression(self) -> dict[str, float] | None:
        """The expression that lies over the face, or None."""
        return self._preset if self._preset_on else None

    @property
    def _preset_share(self) -> float:
        into = (self._clock() - self._preset_at) / PRESET_SECONDS
        share = min(max(into, 0.0), 1.0)
        return share if self._preset_on else (1 - share if self._preset else 0.0)

    # Recording.

    def start_recording(self, head: "HeadModel") -> None:
        """Record what is shown from now on."""
        self.recorder = Recorder(head)

    def stop_recording(self) -> "Motion | None":
        """End the recording; the motion, also kept as ``recorded``; None if it was too short."""
        recorder, self.recorder = self.recorder, None
        if recorder is None:
            return None
        motion = recorder.motion()
        self.recorded = motion or self.recorded
        return motion

    # What is shown.

    def next(self, document: "Document") -> "HeadState | None":
        """The state to show from now on; None if what is shown stays.

        Args:
            document: what is open; its resting face is where a lost face goes back to.
        """
        avatar, rest = document.avatar, document.head_state
        if avatar is None or rest is None or (not self.is_active and self._shown is None):
            return None
        if avatar.head is not self._head:
            self._renew(avatar.head)
        try:
            base = self._driven(avatar.head, rest)
        except UserError as error:
            if self.failure is None or self.failure.message != error.message:
                log.info("the driven face is not shown: %s", error)
            self.failure = error
            return None
        self.failure = None
        share = self._preset_share
        if base is None and share == self._share and (self._shown or not share):
            return None
        self._share = share
        base = base or self._base
        if base is None:
            from app.face_edits import upright

            base = upright(rest)
        elif self.follower is not None or self.player is not None:
            self._base = base  # the resting face itself may be edited meanwhile
        shown = self._with_preset(avatar.head, base, share)
        self._shown = shown
        self._pass_on(avatar.head, shown)
        return shown

    def _renew(self, head: "HeadModel") -> None:
        """Forget what was shown on another head."""
        self._head, self._base, self._shown, self._named = head, None, None, None
        if self.recorder is not None and self.recorder.head is not head:
            self.stop_recording()
        if self.player is not None:
            self.player.forget()
        if self.follower is not None:
            self.follower.forget_shown()

    _share = 0.0  # of the expression, as it was shown last

    @property
    def seconds_until_due(self) -> float | None:
        """Seconds until ``next`` has something by itself; None if it waits for a source."""
        if 0 < self._preset_share < 1:
            return FRAME
        if self.player is not None:
            return self.player.seconds_until_due
        if self.follower is not None and self.follower.is_fading:
            return FRAME if self.follower.capture_left is None else 0.1
        return None

    def _driven(self, head: "HeadModel", rest: "HeadState") -> "HeadState | None":
        from app.face_edits import upright

        if self.player is not None:
            state = self.player.next(head, self.options)
            self.weights = self._named = self.player.weights
            return state
        if self.follower is None:
            return None
        followed = self.follower.next(head, upright(rest), self.options)
        if followed is None:
            return None
        self.weights = [float(weight) for weight in followed.weights]
        self._named = [float(weight) for weight in followed.named]
        return followed.state

    def _with_preset(self, head: "HeadModel", base: "HeadState", share: float) -> "HeadState":
        if share == 0 or head.arkit is None:
            return base
        import torch

        from avatars.head.arkit import state_from_arkit
        from avatars.head.arkit_names import ARKIT_NAMES

        weights = torch.zeros(len(ARKIT_NAMES))
        for name, weight in self._preset.items():
            weights[ARKIT_NAMES.index(name)] = weight * share
        return state_from_arkit(head, weights, base)

    def _pass_on(self, head: "HeadModel", shown: "HeadState") -> None:
        recorder = self.recorder
        if recorder is not None and not recorder.add(
            shown, self._recorded_weights(), self._clock()
        ):
            self.stop_recording()
        if self.sender is not None and head.arkit is not None:
            from avatars.live.signal import FaceSignal, state_signal

            signal: FaceSignal = state_signal(head, shown)
            self.sender.send(replace(signal, is_lost=False))

    def _recorded_weights(self) -> "NDArray[np.float64] | None":
        """[52] ARKit weights of what is shown, expressions laid over it included, if known."""
        if self._named is None and (self.player is not None or self.follower is not None):
            return None
        import numpy as np

        from avatars.head.arkit_names import ARKIT_NAMES

        weights = np.array(self._named or [0.0] * len(ARKIT_NAMES))
        for name, weight in self._preset.items():
            weights[ARKIT_NAMES.index(name)] += weight * self._preset_share
        return weights
