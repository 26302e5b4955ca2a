"""Where kept things are: one folder, named by the platform or by IVYBT_HOME; looking creates nothing."""

from __future__ import annotations

from pathlib import Path

from engine.cli.home import data_home, plugins_folder, runs_folder


def test_that_the_variable_names_the_home(home):
    assert data_home() == home
    assert runs_folder().parent == plugins_folder().parent == home
    assert not home.exists()


def test_that_the_platform_names_the_home_otherwise(monkeypatch, tmp_path):
    monkeypatch.delenv("IVYBT_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert data_home().name == "ivybt"
    assert not data_home().exists()


def test_that_a_tilde_is_the_users_folder(monkeypatch):
    monkeypatch.setenv("IVYBT_HOME", "~/ivy")
    assert data_home() == Path.home() / "ivy"
