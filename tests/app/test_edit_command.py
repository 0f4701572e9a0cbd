"""`avatar-gui edit` as typed."""

import json
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.avatar_io import load_avatar, load_shown
from app.main import main
from app.paths import asset
from avatars.edits.stored import layers_from_files
from tests.make_networks import torch7

DEMO = str(asset("demo.avatar"))
STICKER = str(Path(__file__).parents[2] / "edit_assets" / "scar_content.png")


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVATAR_GUI_HOME", str(tmp_path / "home"))


@pytest.fixture
def red(tmp_path: Path) -> str:
    pixels = np.zeros((40, 40, 4), np.uint8)
    pixels[..., 2], pixels[..., 3] = 255, 255
    pixels[:4] = 0
    cv2.imwrite(str(tmp_path / "red.png"), pixels)
    return str(tmp_path / "red.png")


def edit(tmp_path: Path, *words: str, source: str = DEMO) -> Path:
    out = tmp_path / "out.avatar"
    assert main(["edit", source, "-o", str(out), "--device", "cpu", *words]) == 0
    return out


def layers_of(path: Path):
    found = load_avatar(path)
    return layers_from_files(found.layers, found.layer_files)


def test_edits_go_on_top_of_each_other_with_the_words_behind_them(tmp_path, red) -> None:
    strokes = tmp_path / "s.json"
    points = {"strokes": [{"color": "#00ff00", "points": [[0.4, 0.8], [0.6, 0.8]]}]}
    strokes.write_text(json.dumps(points))
    out = edit(
        tmp_path,
        *("--sticker", red, "--at", "0.3,0.5", "--size", "0.1", "--angle", "90", "--mirror"),
        *("--blend", "multiply", "--opacity", "0.5", "--name", "Patch"),
        *("--sticker", red, "--on", "nose"),
        *("--paint", str(strokes), "--recolor", "hair=#102030"),
    )
    sticker, second, paint, hair = layers_of(out)
    assert (sticker.name, sticker.blend, sticker.opacity) == ("Patch", "multiply", 0.5)
    assert sticker.placement is not None
    assert sticker.placement.uv == (0.3, 0.5)
    assert (sticker.placement.size, sticker.placement.mirror) == (0.1, True)
    assert sticker.placement.angle == pytest.approx(np.pi / 2)
    assert second.placement is not None
    assert second.placement.size == 0.08
    assert (second.blend, second.opacity, second.name) == ("normal", 1.0, "red")
    assert 0.4 < second.placement.uv[0] < 0.6
    assert paint.kind == "paint"
    assert (hair.kind, hair.region) == ("adjust", "hair")
    assert load_avatar(out).avatar.maps.rgb.equal(load_avatar(Path(DEMO)).avatar.maps.rgb)


def test_what_is_edited_shows_in_pictures_and_in_the_exported_map(tmp_path, red) -> None:
    out = edit(tmp_path, "--sticker", red, "--at", "0.3,0.5", "--size", "0.1")
    uv = tmp_path / "uv.png"
    assert main(["export", str(out), "-o", str(uv)]) == 0
    pixel = cv2.imread(str(uv), cv2.IMREAD_UNCHANGED)[256, int(0.3 * 512)]
    assert tuple(pixel) == (0, 0, 255, 255)
    picture = tmp_path / "p.png"
    assert main(["render", str(out), "-o", str(picture), "--device", "cpu", "--size", "256"]) == 0
    rgb = cv2.imread(str(picture)).astype(int)
    assert ((rgb[..., 2] > 200) & (rgb[..., 1] < 60)).sum() > 50
    shown = load_shown(out)
    assert shown.layers == ()


def test_baking_keeps_the_look_and_drops_the_layers(tmp_path: Path, red: str) -> None:
    words = ("--sticker", red, "--at", "0.3,0.5", "--recolor", "lips=#aa0022")
    before = load_shown(edit(tmp_path, *words)).avatar.maps.rgb
    baked = load_avatar(edit(tmp_path, *words, "--bake-layers"))
    assert baked.layers == ()
    assert (baked.avatar.maps.rgb - before).abs().max() < 1 / 255


def test_layers_are_listed_for_people_and_programs(tmp_path, red, capsys) -> None:
    out = edit(tmp_path, "--sticker", red, "--at", "0.3,0.5", "--name", "Dot")
    capsys.readouterr()
    assert main(["edit", str(out), "--list-layers"]) == 0
    assert "Dot" in capsys.readouterr().out
    assert main(["edit", str(out), "--list-layers", "--json"]) == 0
    (layer,) = json.loads(capsys.readouterr().out)["layers"]
    assert (layer["name"], layer["kind"], layer["at"]) == ("Dot", "sticker", [0.3, 0.5])
    assert main(["edit", DEMO, "--list-layers", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"layers": []}


def test_an_edited_file_can_be_edited_further(tmp_path: Path, red: str) -> None:
    first = edit(tmp_path, "--sticker", red, "--at", "0.3,0.5")
    second = edit(tmp_path, "--sticker", red, "--at", "0.7,0.5", source=str(first))
    assert [layer.name for layer in layers_of(second)] == ["red", "red 2"]


def test_the_exported_map_comes_back_and_shows_the_same(tmp_path: Path, red: str) -> None:
    out = edit(tmp_path, "--sticker", red, "--at", "0.3,0.5")
    uv = tmp_path / "uv.png"
    assert main(["export", str(out), "-o", str(uv)]) == 0
    back = load_shown(edit(tmp_path, "--import-uv", str(uv))).avatar.maps
    shown = load_shown(out).avatar.maps
    gap = (back.rgb - shown.rgb).abs()[shown.valid]
    assert gap.max() < 1.01 / 255


def test_a_style_network_from_a_file_is_used(tmp_path: Path) -> None:
    swap = np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0]], np.float32)[:, :, None, None]
    (tmp_path / "swap.t7").write_bytes(torch7(swap, np.zeros(3, np.float32)))
    words = ("--style", str(tmp_path / "swap.t7"), "--strength", "0.7", "--on", "face")
    (layer,) = layers_of(edit(tmp_path, *words))
    assert (layer.kind, layer.opacity, layer.region) == ("style", 0.7, "face")


def huge_png() -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 6, 0, 0, 0)
    data = zlib.compress(b"\0" * 100_000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--sticker", "{huge}", "--at", "0.3,0.5"], "pixels"),
        (["--sticker", "{corrupt}", "--at", "0.3,0.5"], "damaged"),
        (["--sticker", "{text}", "--at", "0.3,0.5"], "not a picture"),
        (["--sticker", "{none}", "--at", "0.3,0.5"], "none"),
        (["--sticker", "{red}"], "--at"),
        (["--sticker", "{red}", "--at", "0.3,0.5", "--on", "nose"], "both"),
        (["--sticker", "{red}", "--at", "0.9999,0.99999", "--on", "nose"], "both"),
        (["--sticker", "{red}", "--at", "3,1"], "off the map"),
        (["--sticker", "{red}", "--at", "x"], "U,V"),
        (["--sticker", "{red}", "--at", "0.001,0.001"], "off the head"),
        (["--sticker", "{red}", "--on", "nosse"], "nose"),
        (["--sticker", "{red}", "--at", "0.3,0.5", "--opacity", "3"], "between"),
        (["--sticker", "{red}", "--at", "0.3,0.5", "--strength", "1"], "says nothing"),
        (["--size", "0.1"], "before any edit"),
        (["--sticker", "{red}", "--at", "0.3,0.5", "--blend", "multply"], "multiply"),
        (["--style", "{text}"], "not a picture"),
        (["--style", "{bad.t7}"], "no network"),
        (["--style", "{bad.onnx}"], "no network"),
        (["--import-uv", "{wide}"], "square"),
        (["--import-uv", "{text}"], "not a picture"),
        (["--paint", "{text}"], "no file of strokes"),
        (["--paint", "{off}"], "off the head"),
        (["--recolor", "hair"], "REGION"),
        (["--recolor", "hair=red"], "REGION"),
        (["--recolor", "hiar=#102030"], "hair"),
        ([], "nothing to do"),
    ],
)
def test_what_cannot_be_used_is_said_and_nothing_is_written(
    tmp_path: Path, red: str, capsys, words: list[str], says: str
) -> None:
    places = {"red": Path(red), "none": tmp_path / "none.png"}
    for name, content in {
        "huge": huge_png(),
        "corrupt": Path(STICKER).read_bytes()[:300],
        "text": b"hello, this is text",
        "bad.t7": b"\x04\0\0\0nonsense" * 40,
        "bad.onnx": b"nonsense" * 100,
        "off": json.dumps({"strokes": [{"color": "#000000", "points": [[0.001, 0.001]]}]}).encode(),
    }.items():
        places[name] = tmp_path / (name if "." in name else f"{name}.png")
        places[name].write_bytes(content)
    places["wide"] = tmp_path / "wide.png"
    cv2.imwrite(str(places["wide"]), np.zeros((20, 40, 3), np.uint8))
    for name, path in places.items():
        words = [word.replace("{" + name + "}", str(path)) for word in words]
    out = tmp_path / "out.avatar"
    assert main(["edit", DEMO, "-o", str(out), "--device", "cpu", *words]) == 2
    message = capsys.readouterr().err
    assert says in message
    assert "Traceback" not in message
    assert not out.exists()


def test_without_a_name_for_the_result_nothing_is_done(red: str, capsys) -> None:
    assert main(["edit", DEMO, "--sticker", red, "--at", "0.3,0.5"]) == 2
    assert "-o" in capsys.readouterr().err


def test_an_avatar_whose_head_is_missing_is_refused(tmp_path: Path, capsys) -> None:
    from tests.make_avatar import members, rewritten

    manifest = json.loads(members(Path(DEMO))["manifest.json"])
    manifest["head"]["fingerprint"] = "0" * 32
    changes = {"manifest_json": json.dumps(manifest).encode()}
    if "head.npz" in members(Path(DEMO)):
        changes["head_npz"] = None  # type: ignore[assignment]
    path = rewritten(Path(DEMO), tmp_path / "lost.avatar", **changes)
    assert (
        main(["edit", str(path), "-o", str(tmp_path / "o.avatar"), "--recolor", "hair=#000000"])
        == 2
    )
    assert "not installed" in capsys.readouterr().err
