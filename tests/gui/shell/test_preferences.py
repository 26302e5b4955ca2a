"""Settings: round trip, bad files set aside and told, whole-file writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import StorageError
from ivybt_desktop.shell.home import open_home
from ivybt_desktop.shell.preferences import LastProject, Preferences, Settings


def test_that_settings_come_back_as_they_were_saved(tmp_path: Path) -> None:
    first = Preferences(tmp_path / "settings.json")
    last = LastProject(file="/prices.csv", spec={"strategy": {"name": "ema_cross", "params": {"fast": 3}}})
    first.update(theme="light", last=last, layouts={"research": "abc"})
    first.save()
    again = Preferences(tmp_path / "settings.json")
    assert again.settings == first.settings
    assert again.complaint == ""


def test_that_no_file_means_defaults_and_no_complaint(tmp_path: Path) -> None:
    found = Preferences(tmp_path / "settings.json")
    assert found.settings == Settings()
    assert found.complaint == ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "is not JSON (line 1"),
        ("[]", "holds no settings"),
        ('{"schema_version": 99}', "has version 99, this program reads version 1"),
        ('{"schema_version": 1, "theme": "pink"}', "has a bad value at 'theme'"),
        ('{"schema_version": 1, "them": "dark"}', "unknown field 'them'"),
        ('{"schema_version": 1, "workers": -4}', "has a bad value at 'workers'"),
        ("\x00\x01", "is not JSON"),
    ],
)
def test_that_a_bad_file_is_kept_aside_and_told(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text)
    found = Preferences(path)
    assert found.settings == Settings()
    assert reason in found.complaint
    assert "settings.json.bad" in found.complaint
    assert not path.exists()
    assert (tmp_path / "settings.json.bad").read_text() == text


@given(st.binary(max_size=200))
def test_that_no_content_stops_the_start(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("home") / "settings.json"
    path.write_bytes(content)
    found = Preferences(path)
    assert found.settings == Settings()
    assert found.complaint


def test_that_a_settings_file_that_cannot_be_written_is_an_error_in_words(tmp_path: Path) -> None:
    found = Preferences(tmp_path / "settings.json")
    (tmp_path / "settings.json").mkdir()
    with pytest.raises(StorageError, match="cannot write the file"):
        found.save()


def test_that_recent_files_are_newest_first_without_repeats() -> None:
    settings = Settings()
    for name in ("a", "b", "a", *(f"f{number}" for number in range(20))):
        settings = settings.with_recent(Path(name))
    assert settings.recent[0] == "f19"
    assert len(settings.recent) == 10
    assert Settings().with_recent(Path("a")).with_recent(Path("b")).with_recent(Path("a")).recent == ("a", "b")


def test_that_the_home_is_made_with_its_folders(tmp_path: Path) -> None:
    home = open_home(tmp_path / "new" / "home")
    assert home.complaint == ""
    for folder in (home.runs, home.presets, home.plugins, home.logs, home.cache):
        assert folder.is_dir()


def test_that_indicators_of_the_chart_come_back_and_older_files_have_none(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"schema_version": 1, "theme": "light"}')
    first = Preferences(path)
    assert (first.settings.indicators, first.complaint) == ((), "")
    kept = (("sma", {"length": 20, "mamode": "ema", "strict": True}), ("dpo", {}))
    first.keep_indicators(kept)
    first.save()
    again = Preferences(path).settings.indicators
    assert tuple((one.name, one.params) for one in again) == kept
    assert [type(value) for value in again[0].params.values()] == [int, str, bool]
