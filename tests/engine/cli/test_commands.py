"""Help, version, strategies and plug-ins."""

from __future__ import annotations

import engine

PLUGIN = '''
"""A strategy of the user."""
from engine.strategies import Strategy, StrategyParams, param


class EveryOther(Strategy):
    """Long on every n-th bar."""

    title, family = "Every other", "sample"

    class Params(StrategyParams):
        """How often."""

        length: int = param(2, low=2, high=50, step=1, unit="bars", help="Bars between entries")

    def signals(self, bars, p):
        target = bars.close * 0.0
        target[:: p.length] = 1.0
        return target
'''


def test_that_help_lists_every_command(ivybt):
    from engine.cli import COMMANDS

    for arguments in ((), ("--help",), ("-h",)):
        outcome = ivybt(*arguments)
        assert (outcome.code, outcome.err) == (0, "")
        assert all(name in outcome.out for name in COMMANDS)


def test_that_every_command_has_help(ivybt):
    from engine.cli import COMMANDS

    for name in COMMANDS:
        outcome = ivybt(name, "--help")
        assert (outcome.code, outcome.err) == (0, "")
        assert f"ivybt {name}" in outcome.out


def test_that_the_version_is_the_engines(ivybt):
    outcome = ivybt("--version")
    assert (outcome.code, outcome.out) == (0, f"ivybt {engine.__version__}\n")


def test_that_strategies_are_one_array_of_declarations(ivybt):
    outcome = ivybt("strategies", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    found = {item["name"]: item for item in outcome.document}
    assert list(found) == sorted(found)
    for item in found.values():
        assert list(item) == ["name", "title", "family", "params", "constraint"]
        for parameter in item["params"]:
            assert list(parameter) == [
                "name", "type", "default", "low", "high", "step", "choices", "unit", "help",
            ]  # fmt: skip
    assert found["ema_cross"]["constraint"] == "fast < slow"
    fast = found["ema_cross"]["params"][0]
    assert (fast["name"], fast["type"], fast["default"], fast["low"], fast["high"]) == ("fast", "int", 10, 2, 100)


def test_that_the_listing_is_grouped_by_family_and_can_be_searched(ivybt):
    assert "Trend\n  " in ivybt("strategies").out
    assert [item["name"] for item in ivybt("strategies", "ema_cr", "--json").document] == ["ema_cross"]
    assert "No strategy matches 'zzz'" in ivybt("strategies", "zzz").out


def test_that_a_plug_in_runs_and_a_broken_one_is_told_without_stopping_the_others(ivybt, prices, tmp_path):
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "every_other.py").write_text(PLUGIN)
    (folder / "bad.py").write_text("import no_such_module_at_all\n")
    outcome = ivybt("strategies", "--plugins", folder, "--json")
    assert "every_other" in [item["name"] for item in outcome.document]
    assert outcome.err.count("\n") == 1
    assert "bad.py:1" in outcome.err
    (folder / "bad.py").unlink()
    run = ivybt(
        "backtest", "--plugins", folder, "--data", prices, "--strategy", "every_other", "--param", "length=3", "--json"
    )
    assert run.code == 0, run.err
    strategy = run.document["spec"]["strategy"]
    assert (strategy["name"], strategy["params"]) == ("every_other", {"length": 3})


def test_that_a_strategy_that_fails_ends_with_code_1_and_no_traceback(ivybt, prices, tmp_path):
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "failing.py").write_text(PLUGIN.replace("target[:: p.length] = 1.0", "1 / 0"))
    outcome = ivybt("backtest", "--plugins", folder, "--data", prices, "--strategy", "every_other", "--json")
    assert (outcome.code, outcome.out) == (1, "")
    assert "Traceback" not in outcome.err
    assert outcome.err.count("\n") == 1


def test_that_the_plug_in_folder_of_the_data_home_is_used_by_itself(ivybt, home):
    (home / "plugins").mkdir(parents=True)
    (home / "plugins" / "every_other.py").write_text(PLUGIN)
    assert "every_other" in [item["name"] for item in ivybt("strategies", "--json").document]


def test_that_a_missing_plug_in_folder_is_told(ivybt, tmp_path):
    assert ivybt("strategies", "--plugins", tmp_path / "none").is_refusal("no such folder")
