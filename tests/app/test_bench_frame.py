"""`bench frame` prints what it promises; how fast is for people to read."""

import json

import pytest

from app.main import main


@pytest.fixture(autouse=True)
def _short(monkeypatch, tmp_path):
    monkeypatch.setenv("AVATAR_GUI_HOME", str(tmp_path))
    monkeypatch.setattr("app.bench.frame.SECONDS", 0.05)
    monkeypatch.setattr("app.bench.frame.POSES", 16)
    monkeypatch.setattr("app.bench.frame.WARM_UP", 2)
    monkeypatch.setattr("app.bench.frame.LONG", 16)


def is_summary(value) -> bool:
    return set(value) == {"median", "p95"} and 0 < value["median"] <= value["p95"]


def test_the_json_holds_totals_and_parts_per_number_of_splats(capsys):
    arguments = ["bench", "frame", "--splats", "400,900", "--size", "32", "--device", "cpu"]
    assert main([*arguments, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["device"].startswith("cpu")
    small, large = document["rows"]
    assert small["splats"] < large["splats"]
    for row in (small, large):
        assert (row["size"], row["device"]) == (32, "cpu")
        assert all(is_summary(row[name]) for name in ("total_ms", "pose_ms", "raster_ms"))
        assert row["pose_ms"]["median"] + row["raster_ms"]["median"] <= row["total_ms"]["p95"] * 2


def test_the_table_names_every_figure(capsys):
    assert main(["bench", "frame", "--splats", "400", "--size", "32", "--device", "cpu"]) == 0
    table = capsys.readouterr().out
    for word in ("32 x 32 pixels", "total", "pose", "raster", "different pose each frame"):
        assert word in table


@pytest.mark.gpu
def test_on_a_gpu_it_also_measures_device_and_copies(capsys):
    arguments = ["bench", "frame", "--splats", "5000", "--size", "128", "--device", "cuda"]
    assert main([*arguments, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    (row,) = document["rows"]
    for name in ("on_gpu_ms", "device_ms", "device_pose_ms", "in_memory_ms"):
        assert is_summary(row[name]), name
    assert row["long_run"]["copies_to_host_per_frame"] == 0
    assert row["long_run"]["allocated_growth_bytes"] == 0
