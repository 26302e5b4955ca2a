"""`ivybt sweep`: cells in grid order, equal to single runs, ranked for people."""

from __future__ import annotations

import pytest

RUN = ("--strategy", "ema_cross", "--slippage-bps", "5", "--stop-loss", "0.04")
GRID = ("--grid", "fast=5:11:2", "--grid", "slow=8,20,40")


def test_that_the_json_has_the_keys_of_the_contract(ivybt, prices):
    outcome = ivybt("sweep", "--data", prices, *RUN, *GRID, "--json")
    document = outcome.document
    assert (outcome.code, outcome.err) == (0, "")
    assert list(document) == ["cells", "illegal", "seconds", "backtests_per_second"]
    assert document["seconds"] > 0
    assert document["backtests_per_second"] > 0
    for cell in document["cells"]:
        assert list(cell) == ["params", "metrics", "error"]
        assert cell["error"] is None
        assert {"total_return", "sharpe", "max_drawdown", "trades"} <= set(cell["metrics"])


def test_that_cells_stand_in_grid_order_and_illegal_ones_are_counted(ivybt, prices):
    document = ivybt("sweep", "--data", prices, *RUN, *GRID, "--json").document
    wanted = [{"fast": fast, "slow": slow} for fast in (5, 7, 9, 11) for slow in (8, 20, 40) if fast < slow]
    assert [cell["params"] for cell in document["cells"]] == wanted
    assert document["illegal"] == 12 - len(wanted)


def test_that_every_cell_equals_its_own_run_bit_for_bit(ivybt, prices):
    document = ivybt("sweep", "--data", prices, *RUN, *GRID, "--json").document
    for cell in document["cells"]:
        params = [f"--param={name}={value}" for name, value in cell["params"].items()]
        single = ivybt("backtest", "--data", prices, *RUN, *params, "--json").document["metrics"]
        assert cell["metrics"] == {name: single[name] for name in cell["metrics"]}


def test_that_a_range_includes_both_ends_and_decimal_steps_are_exact():
    from engine.cli.grid_flags import parse_grid
    from engine.strategies import Strategy, StrategyParams, param

    class Sample(Strategy):
        """All kinds of parameters."""

        class Params(StrategyParams):
            """One of each."""

            length: int = param(10, low=2, high=100, step=4)
            width: float = param(2.0, low=0.1, high=5, step=0.1)
            is_long: bool = param(default=True)

    axes = parse_grid(Sample, ["length=5:54:1", "width=0.1:0.5:0.1", "is_long=true,false"])
    assert axes["length"] == list(range(5, 55))
    assert axes["width"] == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert axes["is_long"] == [True, False]
    assert parse_grid(Sample, ["length=2:12"]) == {"length": [2, 6, 10]}
    assert parse_grid(Sample, ["length=7"]) == {"length": [7]}


def test_that_the_table_shows_the_best_cells_first(ivybt, prices):
    document = ivybt("sweep", "--data", prices, *RUN, *GRID, "--metric", "total_return", "--top", "3", "--json").document
    totals = [cell["metrics"]["total_return"] for cell in document["cells"]]
    assert len(totals) == 3
    assert totals == sorted(totals, reverse=True)
    text = ivybt("sweep", "--data", prices, *RUN, *GRID, "--metric", "total_return", "--top", "3").out
    assert "best by Total return" in text
    assert f"{totals[0] * 100:.2f}%" in text.splitlines()[3]


def test_that_a_spec_file_gives_the_fixed_parameters(ivybt, prices, tmp_path):
    spec = tmp_path / "run.yaml"
    spec.write_text(f"data: {{file: {prices}}}\nstrategy: {{name: ema_cross, params: {{slow: 30}}}}\n")
    cells = ivybt("sweep", spec, "--grid", "fast=5,10", "--json").document["cells"]
    single = ivybt("backtest", spec, "--param", "fast=10", "--json").document["metrics"]
    assert cells[1]["params"] == {"fast": 10}
    assert cells[1]["metrics"]["final_equity"] == single["final_equity"]


def test_that_an_unknown_metric_suggests_the_near_one(ivybt, prices):
    outcome = ivybt("sweep", "--data", prices, *RUN, *GRID, "--metric", "sharp")
    assert outcome.is_refusal("--metric", "Did you mean 'sharpe'?")


@pytest.mark.parametrize("workers", ["0", "-1", "two"])
def test_that_workers_must_be_a_whole_number_above_zero(ivybt, prices, workers):
    assert ivybt("sweep", "--data", prices, *RUN, *GRID, "--workers", workers).is_refusal("--workers", workers)


@pytest.mark.parametrize("limit", ["0", "-1", "soon", "nan"])
def test_that_a_time_limit_is_seconds_above_zero_or_none(ivybt, prices, limit):
    outcome = ivybt("sweep", "--data", prices, *RUN, *GRID, "--cell-seconds", limit)
    assert outcome.is_refusal("--cell-seconds", "or none for no limit")


def test_that_a_cell_that_does_not_end_is_told_and_the_others_are_there(ivybt, prices, tmp_path):
    from tests.fakes.plugins import write_plugin

    write_plugin(tmp_path / "own", "Loops", "exec('while p.x == 2: pass'); return np.full(n, 1.0)")
    run = ("--data", prices, "--plugins", tmp_path / "own", "--strategy", "loops", "--grid", "x=1,2,3")
    outcome = ivybt("sweep", *run, "--cell-seconds", "0.4", "--json")
    assert outcome.code == 0
    assert [cell["error"] for cell in outcome.document["cells"]] == [None, "took longer than 0.4 s", None]
    assert [cell["metrics"] is None for cell in outcome.document["cells"]] == [False, True, False]


def test_that_only_plain_strategies_of_the_user_have_a_limit_of_their_own(tmp_path):
    from engine.backtest.spec import BacktestSpec
    from engine.cli.sweep import _default_limit
    from engine.strategies import registry
    from tests.fakes.plugins import write_plugin

    write_plugin(tmp_path, "Steady")
    registry.scan(tmp_path)
    assert _default_limit(BacktestSpec(strategy="ema_cross")) is None
    assert _default_limit(BacktestSpec(strategy="pairs_trading")) is None
    assert _default_limit(BacktestSpec(strategy="steady")) == 60.0
    assert _default_limit(BacktestSpec(strategy="ema_cross", sleeves=[{"name": "steady"}])) == 60.0
