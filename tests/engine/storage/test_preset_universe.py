"""The instruments of a preset, against what is loaded."""

from __future__ import annotations

from engine.backtest.spec import BacktestSpec
from engine.storage.preset_universe import universe_of, with_universe


def spec_on(*symbols, files=()):
    first, *more = files or (None,)
    return BacktestSpec(strategy="ema_cross", data={"file": first, "files": more, "symbols": symbols})


def test_that_a_preset_names_the_instruments_it_was_saved_on():
    spec = spec_on()
    assert with_universe(spec, ["A", "B"]).data.symbols == ("A", "B")
    assert with_universe(spec, ["A"]) is spec
    assert with_universe(spec_on("B"), ["A", "B"]).data.symbols == ("B",)


def test_that_named_instruments_are_looked_for_wherever_they_came_from(tmp_path):
    file = tmp_path / "etf.csv"
    file.write_text("x")
    preset = spec_on("A", "B", files=[str(file)])
    assert universe_of(preset, {"A": "", "B": "", "C": ""}).is_loaded
    some = universe_of(preset, {"A": "/other.csv"})
    assert (some.missing, some.absent, some.can_be_loaded) == (("B",), (), True)


def test_that_files_are_looked_for_when_nothing_is_named(tmp_path):
    file = tmp_path / "spy.csv"
    file.write_text("x")
    assert universe_of(spec_on(files=[str(file)]), {"SPY": str(file)}).is_loaded
    assert universe_of(spec_on(files=[str(file)]), {"TLT": "/tlt.csv"}).missing_words == "spy.csv"
    assert universe_of(spec_on(files=["sample:SPX"]), {}).can_be_loaded
    assert universe_of(spec_on(), {"TLT": "/tlt.csv"}).is_loaded


def test_that_a_file_that_is_gone_is_told():
    gone = universe_of(spec_on("A", files=["/no/a.csv"]), {})
    assert (gone.missing, gone.absent, gone.can_be_loaded) == (("A",), ("a.csv",), False)
    assert not universe_of(spec_on("A"), {}).can_be_loaded
