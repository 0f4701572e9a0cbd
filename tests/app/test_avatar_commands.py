"""From photo to file to picture, as typed on the command line."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.avatar_io import head_named, load_avatar, stored, write_avatar
from app.bench.portrait import portrait
from app.evaluate import compare
from app.main import main
from avatars.methods.textured_head import TexturedHeadOptions, reconstructed
from avatars.progress import Cancelled, Progress, Report
from avatars.resources import Resources
from avatars.tracking.still import Still
from renderer.cpu_rasterizer import CpuRasterizer
from renderer.ply import read_ply

QUICK = TexturedHeadOptions(quality="quick")


@pytest.fixture(scope="module")
def still() -> Still:
    return portrait()


def resources() -> Resources:
    return Resources(CpuRasterizer(), head_named("default"), Path(), Path(), 0)


@pytest.fixture(scope="module")
def avatar_file(still: Still, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("avatars") / "someone.avatar"
    made = reconstructed(still, "someone", QUICK, resources(), Progress())
    write_avatar(path, stored(made, {"quality": "quick"}, 0, None))
    return path


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVATAR_GUI_HOME", str(tmp_path / "home"))


def drawn(path: Path) -> np.ndarray:
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    return picture.astype(int)


def test_a_portrait_comes_back_close_to_itself(still: Still, avatar_file: Path) -> None:
    made = load_avatar(avatar_file)
    assert made.camera is not None
    picture = CpuRasterizer().rasterize(made.avatar.pose(made.state), made.camera)
    over_white = (picture.rgb + 1 - picture.alpha[..., None]).numpy()
    scores = compare(over_white, still)
    assert scores["face"]["psnr"] > 30
    assert scores["face"]["ssim"] > 0.92


def test_the_same_seed_gives_the_same_avatar(still: Still, avatar_file: Path) -> None:
    again = reconstructed(still, "someone", QUICK, resources(), Progress())
    first = load_avatar(avatar_file).avatar
    assert np.array_equal(
        np.round(first.maps.rgb.numpy() * 255), np.round(again.avatar.maps.rgb.numpy() * 255)
    )


def test_cancelling_stops_at_the_next_report(still: Still) -> None:
    progress = Progress(lambda report: stop(report))

    def stop(report: Report) -> None:
        if report.note.startswith("Refining, step 2"):
            progress.cancel()

    with pytest.raises(Cancelled):
        reconstructed(still, "someone", QUICK, resources(), progress)


def test_info_tells_what_the_contract_lists(
    avatar_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["info", str(avatar_file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["kind"] == "avatar"
    assert told["method"] == "textured-head"
    assert told["head"] == "default"
    assert told["map_size"] == 256
    assert told["splats"] > 45_000
    assert set(told["source"]) == {"width", "height", "crop", "face_px"}
    assert told["render"] == {"focal_px": 1200.0, "distance_m": 0.75}
    assert {"program", "version", "method", "options", "seed", "created"} == set(told["provenance"])


def test_render_turns_opens_and_leaves_transparent(avatar_file: Path, tmp_path: Path) -> None:
    def picture(name: str, *flags: str) -> np.ndarray:
        out = tmp_path / f"{name}.png"
        assert main(["render", str(avatar_file), "-o", str(out), "--size", "128", *flags]) == 0
        return drawn(out)

    front = picture("front")
    assert front.shape == (128, 128, 3)
    assert np.abs(front - picture("turned", "--yaw", "40")).mean() > 3
    neutral = picture("neutral", "--neutral")
    opened = picture("opened", "--neutral", "--set", "jawOpen=1")
    change = np.abs(opened - neutral).mean(axis=2)
    assert change[70:].mean() > 3 * change[:50].mean()  # the mouth moved, the brow did not
    assert np.abs(picture("wide", "--set", "face_width=3") - front).mean() > 0.5
    assert np.abs(picture("gaze", "--set", "gaze.x=0.5") - front).mean() > 0.02
    assert picture("clear", "--background", "transparent").shape[2] == 4
    assert picture("source", "--camera", "source").shape == (128, 128, 3)


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--set", "jawOpn=1"], "Did you mean 'jawOpen'?"),
        (["--set", "jawOpen=5"], "0 to 2"),
        (["--set", "jawOpen"], "NAME=VALUE"),
        (["--turntable"], ".mp4"),
        (["--background", "blueish"], "#rrggbb"),
        (["--size", "0"], "8192"),
    ],
)
def test_a_wrong_flag_of_render_is_explained_and_leaves_nothing(
    flags: list[str],
    told: str,
    avatar_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out.png"
    assert main(["render", str(avatar_file), "-o", str(out), *flags]) == 2
    assert told in capsys.readouterr().err
    assert not out.exists()


def test_a_turntable_is_a_playable_clip(avatar_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "turn.mp4"
    flags = ["--turntable", "--frames", "6", "--size", "64"]
    assert main(["render", str(avatar_file), "-o", str(out), *flags]) == 0
    clip = cv2.VideoCapture(str(out))
    assert int(clip.get(cv2.CAP_PROP_FRAME_COUNT)) == 6
    assert clip.get(cv2.CAP_PROP_FPS) == 30
    assert clip.read()[0]
    clip.release()
    assert [path.name for path in tmp_path.glob("*.mp4")] == ["turn.mp4"]


def test_export_writes_splats_for_others_and_a_map_for_painters(
    avatar_file: Path, tmp_path: Path
) -> None:
    ply, png = tmp_path / "a.ply", tmp_path / "uv.png"
    assert main(["export", str(avatar_file), "-o", str(ply), "--set", "jawOpen=0.5"]) == 0
    assert ply.read_bytes()[:4000].count(b"property float") == 62
    assert len(read_ply(ply).gaussians) == len(load_avatar(avatar_file).avatar)
    assert main(["export", str(avatar_file), "-o", str(png)]) == 0
    assert drawn(png).shape == (256, 256, 4)
    assert main(["export", str(avatar_file), "-o", str(tmp_path / "a.obj")]) == 2


def test_methods_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["methods", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["methods"]
    assert row == {
        "id": "textured-head",
        "title": "Textured head",
        "takes": "photo",
        "weights": [],
        "cpu": "fast",
    }


@pytest.mark.parametrize("content", [b"", b"this is no picture", b"\xff\xd8\xff\xe0 cut"])
def test_what_is_no_picture_is_refused_and_nothing_is_left(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo, out = tmp_path / "me.jpg", tmp_path / "me.avatar"
    photo.write_bytes(content)
    assert main(["reconstruct", str(photo), "-o", str(out)]) == 2
    told = capsys.readouterr().err
    assert "me.jpg" in told
    assert "Traceback" not in told
    assert not out.exists()


def test_other_bad_inputs_of_reconstruct_are_refused(tmp_path: Path) -> None:
    out = tmp_path / "me.avatar"
    assert main(["reconstruct", str(tmp_path / "missing.jpg"), "-o", str(out)]) == 2
    assert main(["reconstruct", str(tmp_path), "-o", str(out)]) == 2
    assert main(["reconstruct", "x.jpg", "-o", str(tmp_path / "me.txt")]) == 2
    assert main(["reconstruct", "x.jpg", "-o", str(out), "--method", "textured-hed"]) == 2
    assert not out.exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["noface_dog.jpg", "noface_monkey.jpg", "noface_coffee.png"])
def test_animals_and_things_are_refused(name: str, shared: Path, tmp_path: Path) -> None:
    out = tmp_path / "it.avatar"
    assert main(["reconstruct", str(shared / "media" / name), "-o", str(out)]) == 2
    assert not out.exists()


@pytest.mark.slow
def test_a_real_photo_becomes_an_avatar_that_resembles_it(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo, out = shared / "media" / "photo_astronaut.png", tmp_path / "me.avatar"
    assert main(["reconstruct", str(photo), "-o", str(out), "--quality", "quick"]) == 0
    capsys.readouterr()
    assert main(["evaluate", str(out), "--photo", str(photo), "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert scores["face"]["psnr"] > 30
    assert scores["face"]["ssim"] > 0.92
    assert len(scores["crop"]) == 3
