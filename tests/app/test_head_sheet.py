"""Contact sheets of the built-in head, against the ones that were looked at."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from app.avatar_io import load_avatar
from app.demo import builtin_head, demo_avatar, face
from app.head_sheet import expression_pictures, identity_pictures, neutral_pictures, write_sheets
from app.main import main
from app.paths import asset
from app.pictures import Pixels, side_by_side
from app.render import Orbit, orbit_camera
from avatars.errors import HeadMismatch
from renderer.cpu_rasterizer import CpuRasterizer

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
SIZE = 96
MEAN = 0.8  # of 255


def demo_pictures() -> list[Pixels]:
    """The demo avatar as splats: four sides and four faces."""
    avatar, rasterizer = demo_avatar(), CpuRasterizer()
    rows: list[tuple[float, dict[str, float]]] = [
        (0, {}),
        (40, {}),
        (90, {}),
        (180, {}),
        (15, {"jawOpen": 0.8}),
        (15, {"eyeBlinkLeft": 1, "eyeBlinkRight": 1, "mouthSmileLeft": 1, "mouthSmileRight": 1}),
        (15, {"mouthPucker": 1, "browInnerUp": 1}),
        (15, {"tongueOut": 1, "eyeWideLeft": 1, "eyeWideRight": 1}),
    ]
    return [
        rasterizer.draw(
            avatar.pose(face(avatar.head, **weights)),
            orbit_camera(Orbit(yaw, 0, 0, 0.75), (0, -0.01, 0), 128),
            (1, 1, 1),
        ).rgba.numpy()[..., :3]
        for yaw, weights in rows
    ]


SHEETS = {
    "head-neutral": lambda: side_by_side(list(neutral_pictures(builtin_head(), SIZE)), 3),
    "head-expressions": lambda: side_by_side(list(expression_pictures(builtin_head(), SIZE)), 13),
    "head-identities": lambda: side_by_side(list(identity_pictures(builtin_head(), SIZE)), 6),
    "demo-avatar": lambda: side_by_side(demo_pictures(), 4),
}


@pytest.mark.parametrize("name", SHEETS)
def test_a_sheet_looks_as_it_did(name: str, request: pytest.FixtureRequest) -> None:
    drawn = SHEETS[name]()
    file = GOLDEN / f"{name}.png"
    if request.config.getoption("--regenerate-golden"):
        cv2.imwrite(str(file), drawn[..., ::-1])
    expected = cv2.imread(str(file), cv2.IMREAD_COLOR)
    assert expected is not None, f"{file} is missing: run pytest --regenerate-golden and look at it"
    difference = np.abs(drawn.astype(int) - expected[..., ::-1].astype(int))
    assert difference.mean() <= MEAN


def test_the_command_writes_the_three_sheets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AVATAR_GUI_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("app.head_sheet.expression_pictures", neutral_pictures)
    assert main(["head", "sheet", "default", "-o", str(tmp_path / "sheets")]) == 0
    printed = capsys.readouterr().out.split()
    assert [Path(path).name for path in printed] == [
        "neutral.png",
        "expressions.png",
        "identities.png",
    ]
    assert all(Path(path).is_file() for path in printed)


def test_a_sheet_of_an_unknown_head_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HeadMismatch):
        write_sheets("nobody", tmp_path / "sheets", tmp_path / "home")
    assert not (tmp_path / "sheets").exists()


def test_the_demo_has_no_holes() -> None:
    avatar = demo_avatar()
    drawn = CpuRasterizer().rasterize(
        avatar.pose(avatar.head.neutral()), orbit_camera(Orbit(20), (0, 0.0, 0), 256)
    )
    solid = (drawn.alpha > 0.5).numpy().astype(np.uint8)
    core = cv2.erode(solid, np.ones((9, 9), np.uint8)) > 0
    core[200:] = False  # the neck ends open
    assert float((drawn.alpha.numpy()[core] < 0.97).mean()) < 0.001


def test_the_shipped_demo_file_is_the_demo() -> None:
    made = load_avatar(asset("demo.avatar"))
    drawn = demo_avatar()
    assert made.avatar.head.fingerprint == drawn.head.fingerprint
    assert len(made.avatar) == len(drawn)
    assert float((made.avatar.maps.rgb - drawn.maps.rgb).abs().max()) < 1 / 255
    assert made.thumb is not None
