"""Settings survive a restart, whatever they hold; what cannot be understood is set aside."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import settings as module
from app.settings import FILE, Settings, load_settings, save_settings, to_toml
from renderer.errors import UserError

words = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
plain = st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False) | words


@st.composite
def any_settings(draw) -> Settings:
    return Settings(
        device=draw(st.sampled_from(["auto", "cpu", "cuda"])),
        theme=draw(st.sampled_from(["dark", "light"])),
        ui_scale=draw(st.floats(0.5, 4.0)),
        weights_folder=draw(words),
        undo_mb=draw(st.integers(16, 1 << 20)),
        autosave_seconds=draw(st.floats(0.1, 3600)),
        recent=tuple(draw(st.lists(words, max_size=10))),
        last_method=draw(st.dictionaries(words, words, max_size=3)),
        last_options=draw(
            st.dictionaries(words, st.dictionaries(words, plain, max_size=3), max_size=3)
        ),
        show_demo=draw(st.booleans()),
        idle_motion=draw(st.booleans()),
        background=draw(words),
        shortcuts=draw(st.dictionaries(words, words, max_size=3)),
    )


@given(any_settings())
def test_whatever_is_saved_is_loaded(tmp_path_factory, settings):
    folder = tmp_path_factory.mktemp("settings")
    save_settings(folder, settings)
    assert load_settings(folder) == (settings, None)


def test_without_a_file_the_defaults_are_used(tmp_path):
    assert load_settings(tmp_path / "nowhere") == (Settings(), None)


@pytest.mark.parametrize(
    "content",
    [b"theme = ", b"\xff\xfe", b"version = 0", b"version = 'x'", b"x" * (2 << 20), b"[a]\n[a]\n"],
)
def test_a_broken_file_is_set_aside_and_said(tmp_path, content):
    (tmp_path / FILE).write_bytes(content)
    settings, notice = load_settings(tmp_path)
    assert settings == Settings()
    assert notice is not None
    assert notice.severity == "warning"
    assert "settings.broken.toml" in notice.remedy
    assert (tmp_path / "settings.broken.toml").read_bytes() == content
    assert not (tmp_path / FILE).exists()
    save_settings(tmp_path, settings)
    assert load_settings(tmp_path)[1] is None


def test_a_file_of_a_newer_version_is_kept_beside_and_used_as_far_as_it_is_known(tmp_path):
    content = 'version = 99\ntheme = "light"\nnew_thing = 3\n'
    (tmp_path / FILE).write_text(content)
    settings, notice = load_settings(tmp_path)
    assert settings.theme == "light"
    assert settings.version == module.VERSION
    assert notice is not None
    assert "newer" in notice.message
    save_settings(tmp_path, settings)
    assert (tmp_path / "settings.version99.toml").read_text() == content


@pytest.mark.parametrize(
    "line",
    [
        'device = "tpu"', "theme = 3", "ui_scale = 99.0", "ui_scale = nan", "undo_mb = true",
        "autosave_seconds = -1", 'recent = "a"', "show_demo = 1", "last_method = 3",
        "last_options = [1]", "shortcuts = true", "background = 7", "undo_mb = 9.9e99",
    ],
)  # fmt: skip
def test_a_value_that_makes_no_sense_is_left_out_and_the_rest_is_kept(tmp_path, line):
    (tmp_path / FILE).write_text(f"version = 1\nweights_folder = 'kept'\n{line}\n")
    settings, notice = load_settings(tmp_path)
    assert notice is None
    assert settings == Settings(weights_folder="kept")


def test_files_of_earlier_versions_go_through_their_migrations(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "VERSION", 3)
    steps = {
        1: lambda raw: {**raw, "theme": raw.pop("look")},
        2: lambda raw: {**raw, "background": "#000000"},
    }
    monkeypatch.setattr(module, "MIGRATIONS", steps)
    (tmp_path / FILE).write_text('version = 1\nlook = "light"\n')
    settings, notice = load_settings(tmp_path)
    assert notice is None
    assert (settings.theme, settings.background) == ("light", "#000000")


def test_a_migration_that_fails_leaves_the_file_aside(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "VERSION", 2)
    monkeypatch.setattr(module, "MIGRATIONS", {1: lambda raw: raw["missing"]})
    (tmp_path / FILE).write_text("version = 1\n")
    settings, notice = load_settings(tmp_path)
    assert settings == Settings()
    assert notice is not None


def test_recent_files_are_few_unique_and_newest_first(tmp_path):
    settings = Settings()
    for number in [*range(15), 7]:
        settings = settings.with_recent(tmp_path / f"{number}.avatar")
    names = [Path(name).stem for name in settings.recent]
    assert names == ["7", "14", "13", "12", "11", "10", "9", "8", "6", "5"]
    assert Path(settings.without_recent(tmp_path / "7.avatar").recent[0]).stem == "14"


def test_names_that_cannot_be_written_are_left_out_of_the_file(tmp_path):
    settings = Settings(recent=("/a/\udcff.avatar", "/a/b.avatar"))
    save_settings(tmp_path, settings)
    assert load_settings(tmp_path)[0].recent == ("/a/b.avatar",)


def test_a_folder_that_cannot_be_written_is_a_user_error(tmp_path):
    (tmp_path / "config").write_text("in the way")
    with pytest.raises(UserError):
        save_settings(tmp_path / "config", Settings())


def test_the_file_is_readable_for_people():
    text = to_toml(Settings(shortcuts={"undo": "Ctrl+U"}, last_options={"m": {"steps": 3}}))
    assert 'theme = "dark"\n' in text
    assert '[shortcuts]\n"undo" = "Ctrl+U"' in text
    assert '[last_options."m"]\n"steps" = 3' in text
