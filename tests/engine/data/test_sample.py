"""The sample project: real index series and generated bars, without any network."""

from pathlib import Path

import numpy as np
import pytest

import resources
from engine.backtest.spec import BacktestSpec
from engine.core.errors import InputError
from engine.core.instrument import Instrument
from engine.data.quality import audit
from engine.data.reader import read_bars, read_import
from engine.data.sample import SAMPLES, sample_bars, sample_import, sample_names
from engine.data.synthetic import intraday_bars


def test_that_the_first_sample_is_the_s_and_p():
    assert sample_names() == ["SPX", "NASDAQ", "WTI", "VIX", "synthetic_5m"]
    bars = sample_bars("SPX")
    assert (len(bars), bars.label(0), bars.label(5030)) == (5031, "1999-01-04", "2018-12-31")
    assert bars.close[0] == 1228.099976
    assert bars.periods_per_year == 252
    assert "adj_close" in bars.columns


@pytest.mark.parametrize(("name", "bars", "holidays"), [("WTI", 8321, 290), ("VIX", 1259, 46)])
def test_that_holidays_without_a_price_are_left_out_and_told(name, bars, holidays):
    found = sample_import(name)
    assert len(found.bars) == bars
    assert [(item.reason, item.count) for item in found.report.refused] == [("missing", holidays)]
    assert any("only closing prices" in note for note in found.report.notes)


def test_that_the_generated_bars_are_labelled_synthetic():
    found = sample_import("synthetic_5m")
    assert found.bars.symbol == "SYNTH-5M"
    assert str(found.bars.timeframe) == "5m"
    assert len(found.bars) == 40_014
    assert "generated" in found.report.notes[0]
    assert audit(found.bars).is_clean


def test_that_the_generated_bars_are_the_same_every_time():
    first, second = intraday_bars(Instrument("A"), sessions=20), intraday_bars(Instrument("A"), sessions=20)
    assert first.digest == second.digest
    assert intraday_bars(Instrument("A"), sessions=20, seed=1).digest != first.digest


def test_that_generated_days_look_like_a_stocks_days():
    bars = sample_bars("synthetic_5m")
    assert (bars.high >= np.maximum(bars.open, bars.close)).all()
    assert (bars.low <= np.minimum(bars.open, bars.close)).all()
    assert bars.label(0) == "2022-01-03T14:35:00Z"
    assert bars.label(77) == "2022-01-03T21:00:00Z"
    summer = int(np.flatnonzero(bars.session == np.datetime64("2022-07-01", "D").astype(int))[0])
    assert bars.label(summer) == "2022-07-01T13:35:00Z"
    moves = np.abs(np.diff(np.log(bars.close)))[: 512 * 78].reshape(-1, 78).mean(axis=0)
    assert moves[0] > 1.5 * moves[35]
    daily = np.diff(np.log(bars.close[77::78]))
    assert 0.1 < daily.std() * np.sqrt(252) < 0.5


def test_that_sample_names_and_symbols_are_taken_in_any_case():
    assert sample_bars("spx").symbol == "SPX"
    assert sample_bars("SYNTH-5M").symbol == "SYNTH-5M"
    assert read_bars("sample:wti").symbol == "WTI"
    assert read_import("sample:VIX").source == "sample:VIX"


def test_that_an_unknown_sample_suggests_the_near_one():
    with pytest.raises(InputError, match=r"unknown sample 'SPY'\. Did you mean 'SPX'\?"):
        sample_bars("SPY")


def test_that_every_sample_has_words():
    assert all(sample.title for sample in SAMPLES.values())


def test_that_the_specs_of_the_sample_project_name_series_that_are_there():
    specs = sorted(Path(resources.__path__[0], "sample").glob("*.yaml"))
    assert len(specs) >= 4
    for path in specs:
        spec = BacktestSpec.read(path)
        assert spec.data.file.removeprefix("sample:") in sample_names()
