"""How true reenactment is to its driver: an avatar of a video's first frame, driven by the rest.

Landmarks and scores are those of MediaPipe's face landmarker, which the program does not ship.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from app.avatar_io import head_named, stored
from avatars.files.avatar_file import StoredAvatar
from avatars.head.state import HeadState
from avatars.head.tables import ARKIT_NAMES
from avatars.methods.base import Photo
from avatars.methods.textured_head import TexturedHead, TexturedHeadOptions
from avatars.progress import Progress
from avatars.resources import Resources
from avatars.tracking.fit import EYE_LEFT, EYE_RIGHT, MESH, OVAL
from avatars.tracking.frame_fit import FrameFit, FrameFitter, Lens
from avatars.tracking.landmark_rig import LandmarkRig
from avatars.tracking.likeness import likeness
from avatars.tracking.person import Person, PersonRig
from avatars.tracking.tracker import channels_of, state_of
from avatars.tracking.video import Video
from avatars.tracking.view import View, filled, look
from renderer.cpu_rasterizer import CpuRasterizer

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]
SIZE = 512


@dataclass(frozen=True, eq=False)
class Signals:
    """What a landmarker sees in pictures: points [T, 478, 3], scores [T] by name, yaw and pitch."""

    points: Array
    scores: dict[str, Array]


def film(path: Path) -> list[Pixels]:
    with Video(path) as video:
        return [frame.rgb for frame in video.frames()]


def avatar_of(frame: Pixels, folder: Path) -> StoredAvatar:
    """What `reconstruct --quality quick` makes of a picture."""
    cv2.imwrite(str(folder / "first.png"), cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    resources = Resources(CpuRasterizer(), head_named("default"), folder, folder, 0)
    options = TexturedHeadOptions(quality="quick")
    made = TexturedHead().reconstruct(Photo(folder / "first.png"), options, resources, Progress())
    return stored(made, {}, 0, None)


def source_view(avatar: StoredAvatar) -> View:
    """The square of the avatar's picture, as its camera sees it."""
    assert avatar.source is not None
    x, y, side = avatar.source.crop
    return View(x + side / 2, y + side / 2, side, SIZE)


def drawn(avatar: StoredAvatar, state: HeadState) -> Pixels:
    """The avatar before its picture's own camera."""
    assert avatar.camera is not None
    frame = CpuRasterizer().draw(avatar.avatar.pose(state), avatar.camera, (1.0, 1.0, 1.0))
    return np.ascontiguousarray(frame.rgba.numpy()[..., :3])


def signals(pictures: list[Pixels], task: Path) -> Signals:
    """Landmarks and scores of every picture by itself; each must show a face."""
    import mediapipe
    from mediapipe.tasks.python import BaseOptions
    from mediapipe.tasks.python.vision import FaceLandmarker, FaceLandmarkerOptions

    options = FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(task)),
        output_face_blendshapes=True,
        min_face_detection_confidence=0.2,
        min_face_presence_confidence=0.2,
    )
    points, rows = [], []
    with FaceLandmarker.create_from_options(options) as landmarker:
        for picture in pictures:
            image = mediapipe.Image(
                image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(picture)
            )
            answer = landmarker.detect(image)
            assert answer.face_landmarks, "a picture shows no face"
            height, width = picture.shape[:2]
            found = np.array([(p.x, p.y, p.z) for p in answer.face_landmarks[0]])
            points.append(found * (width, height, width))
            rows.append({c.category_name: c.score for c in answer.face_blendshapes[0]})
    scores = {name: np.array([row.get(name, 0.0) for row in rows]) for name in ARKIT_NAMES}
    turns = np.degrees([(fit.yaw, fit.pitch) for fit in map(likeness, points)])
    scores |= {"yaw": turns[:, 0], "pitch": turns[:, 1]}
    return Signals(np.array(points), scores)


def landmark_error(driver: Signals, shown: Signals) -> float:
    """Mean distance between landmarks over frames, translation removed, in eye distances."""
    one, other = driver.points[:, :MESH, :2], shown.points[:, :MESH, :2]
    apart = (one - one.mean(axis=1, keepdims=True)) - (other - other.mean(axis=1, keepdims=True))
    eyes = np.linalg.norm(
        one[:, list(EYE_LEFT)].mean(axis=1) - one[:, list(EYE_RIGHT)].mean(axis=1), axis=1
    )
    return float((np.linalg.norm(apart, axis=2) / eyes[:, None]).mean())


def correlations(driver: Signals, shown: Signals) -> dict[str, float]:
    """Correlation over time of every signal that moves in the driver."""
    judged = {"jawOpen": 0.3, "eyeBlinkLeft": 0.3, "eyeBlinkRight": 0.3}
    judged |= {"mouthSmileLeft": 0.3, "mouthSmileRight": 0.3, "yaw": 10.0, "pitch": 10.0}
    return {
        name: float(np.corrcoef(driver.scores[name], shown.scores[name])[0, 1])
        for name, least in judged.items()
        if np.ptp(driver.scores[name]) > least
    }


def in_view(points: Signals, view: View) -> Signals:
    """The same landmarks in the pixels of a view."""
    return Signals(np.stack([view.into(row) for row in points.points]), points.scores)


def view_psnr(avatar: StoredAvatar, frame: Pixels, points: Array) -> float:
    """PSNR (dB) inside the face between a frame and the avatar fitted to it by its landmarks."""
    view = source_view(avatar)
    placed = view.into(points)
    wanted = look(frame, view).astype(np.float64)
    shown = drawn(avatar, fitted(avatar, placed)).astype(np.float64)
    mask = filled(placed[list(OVAL), :2], SIZE, SIZE)
    error = ((wanted - shown)[mask] ** 2).mean()
    return float(10 * np.log10(255**2 / error))


def fitted(avatar: StoredAvatar, points: Array) -> HeadState:
    """The state in which the avatar lies on landmarks [478, 3] of its picture's crop."""
    head, identity, camera = avatar.avatar.head, avatar.avatar.identity, avatar.camera
    assert camera is not None
    betas = torch.zeros(head.shape_count)
    betas[: len(identity.betas)] = identity.betas
    rig = PersonRig(
        LandmarkRig(head, identity.offsets), Person(betas.double().numpy(), np.zeros((MESH, 3)))
    )
    distance = float(camera.viewmat[:3, 3].norm())
    lens = Lens(float(camera.K[0, 0]), distance, float(camera.K[0, 2]), float(camera.K[1, 2]))
    fitter = FrameFitter(rig, lens)
    rest = FrameFit(np.zeros(3), np.zeros(3), np.zeros(52), (0.0, 0.0), np.zeros((MESH, 2)), 0.0)
    fit = fitter.fit(points, fitter.coarse(points, rest), steps=12, follow=False)
    return state_of(head, channels_of(fit))[0]
