"""Named cost schedules: the brokers' own examples, dates, names, defaults, overriding."""

import datetime as dt
import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.core.bars import Bars
from engine.core.contracts import CONTRACTS
from engine.core.errors import InputError
from engine.core.instrument import AssetClass, Instrument
from engine.core.timeframe import NS_PER_DAY, Timeframe
from engine.execution.costs import CostModel
from engine.execution.presets import PRESETS, default_preset, preset_named, presets_for

EVERY = sorted(PRESETS)


def commission(costs, quantity, price):
    """Commission of an order by the fields of the model (rule 8), without fees on sales."""
    notional = quantity * price
    fee = costs.commission_fixed + costs.commission_per_unit * quantity + costs.commission_bps / 1e4 * notional
    fee = max(fee, costs.commission_min)
    if costs.commission_max:
        fee = min(fee, costs.commission_max)
    if costs.commission_max_bps:
        fee = min(fee, costs.commission_max_bps / 1e4 * notional)
    return fee


def sale_fee(costs, quantity, price):
    return costs.sell_fee_bps / 1e4 * quantity * price + costs.sell_fee_per_unit * quantity


@pytest.mark.parametrize(
    ("preset", "quantity", "price", "charge"),
    [
        # The examples that the broker prints beside its schedule.
        ("ibkr_us_fixed", 100, 25.0, 1.00), ("ibkr_us_fixed", 1_000, 25.0, 5.00), ("ibkr_us_fixed", 1_000, 0.25, 2.50),
        ("ibkr_us_tiered", 100, 25.0, 0.35), ("ibkr_us_tiered", 1_000, 25.0, 3.50), ("ibkr_us_tiered", 1_000, 0.25, 2.50),
        # One percent of the order stands above the minimum.
        ("ibkr_us_fixed", 10, 0.20, 0.02),
        ("us_equities_free", 1_000, 25.0, 0.0),
        # Broker, exchange and regulator: 0.85 + 1.38 + 0.02 and 0.25 + 0.35 + 0.02 a contract.
        ("ibkr_futures_index", 1, 5_000.0 * 50, 2.25), ("ibkr_futures_index_micro", 10, 5_000.0 * 5, 6.20),
        ("binance_spot", 0.5, 60_000.0, 30.0), ("kraken_pro", 0.5, 60_000.0, 120.0),
        # 2.50 EUR of 100,000 EUR at 1.10, 3.50 of 100,000 units of base currency.
        ("darwinex_eurusd", 100_000, 1.10, 2.75), ("mt5_raw_usdchf", 100_000, 1.0, 3.5),
        ("ibkr_fx", 10_000, 1.10, 2.0), ("ibkr_fx", 1_000_000, 1.10, 22.0),
    ],
)  # fmt: skip
def test_that_an_order_costs_what_the_schedule_says(preset, quantity, price, charge):
    assert commission(CostModel(preset=preset), quantity, price) == pytest.approx(charge, abs=1e-9)


def test_that_a_sale_of_shares_pays_both_regulatory_fees():
    # 1,000 shares at 25: 27.80 USD a million of 25,000 USD and 0.000166 USD a share.
    for preset in ("us_equities_free", "ibkr_us_fixed", "ibkr_us_tiered"):
        assert sale_fee(CostModel(preset=preset), 1_000, 25.0) == pytest.approx(0.695 + 0.166, abs=1e-9)


def test_that_the_tiered_schedule_has_exchange_and_clearing_fees_on_each_side():
    assert CostModel(preset="ibkr_us_tiered").spread_amount / 2 == pytest.approx(0.0030 + 0.0002)


@pytest.mark.parametrize("name", EVERY)
def test_that_a_preset_is_a_dated_schedule_with_its_omissions(name):
    preset = PRESETS[name]
    assert preset.name == name
    assert re.fullmatch(r"[a-z0-9_]+", name)
    assert dt.date(2020, 1, 1) < dt.date.fromisoformat(preset.as_of) < dt.date(2030, 1, 1)
    assert "left out" in preset.note
    assert not preset.note.endswith(".")
    # The model's own default slippage must not come in beside a schedule.
    assert "slippage_bps" in preset.costs
    costs = CostModel(preset=name)
    for field, value in preset.costs.items():
        assert getattr(costs, field) == value
    assert costs.is_free == (name == "none")


def test_that_no_two_presets_have_one_title():
    assert len({preset.title for preset in PRESETS.values()}) == len(PRESETS)


def test_that_no_costs_at_all_is_said_in_words():
    assert CostModel(preset="none").is_free
    assert not CostModel().is_free
    assert CostModel().slippage_bps == 10.0


@pytest.mark.parametrize(
    ("given", "meant"),
    [("ibkr_fixed", "ibkr_us_fixed"), ("binance", "binance_spot"), ("fx_eurusdd", "fx_eurusd"), ("Kraken_pro", "kraken_pro")],
)  # fmt: skip
def test_that_an_unknown_name_suggests_the_nearest(given, meant):
    with pytest.raises(InputError, match=f"unknown cost preset '{given}'. Did you mean '{meant}'") as raised:
        CostModel(preset=given)
    assert raised.value.field == "costs.preset"


def test_that_a_preset_of_another_type_is_refused():
    with pytest.raises(InputError, match="unknown cost preset"):
        preset_named(["fx"])


@pytest.mark.parametrize("kind", list(AssetClass))
def test_that_every_class_of_instrument_has_a_default(kind):
    preset = default_preset(kind)
    assert preset.asset_class is kind
    assert not preset.symbols
    assert not CostModel(preset=preset.name).is_free


@pytest.mark.parametrize(
    ("kind", "symbol", "name"),
    [
        ("fx", "EURUSD", "fx_eurusd"), ("fx", "usd/jpy", "fx_usdjpy"), ("fx", "XAU_USD", "fx_xauusd"), ("fx", "USDTRY", "fx"),
        ("future", "ES=F", "futures_index"), ("future", "MESZ5", "futures_index_micro"), ("future", "@CL", "futures_energy"),
        ("future", "FDAX", "futures"), ("equity", "KO", "us_equities_free"), ("crypto", "BTC-USD", "binance_spot"),
        ("index", "SPX", "cfd_index"),
    ],
)  # fmt: skip
def test_that_the_default_follows_the_pair_or_the_contract(kind, symbol, name):
    assert default_preset(AssetClass(kind), symbol).name == name


def test_that_a_list_shows_what_fits_the_instrument_the_default_first():
    shown = [preset.name for preset in presets_for(AssetClass.FX, "EUR/USD")]
    assert shown == ["fx_eurusd", "mt5_raw_eurusd", "darwinex_eurusd", "fx", "ibkr_fx", "none"]
    shown = [preset.name for preset in presets_for(AssetClass.EQUITY)]
    assert shown == ["us_equities_free", "ibkr_us_fixed", "ibkr_us_tiered", "none"]
    everything = {preset.name for kind in AssetClass for preset in presets_for(kind)}
    assert everything == set(PRESETS)


def test_that_futures_presets_are_of_known_contracts():
    roots = {root for preset in PRESETS.values() if preset.asset_class is AssetClass.FUTURE for root in preset.symbols}
    assert roots <= set(CONTRACTS)


def test_that_a_raw_account_has_the_narrower_spread_and_a_commission():
    for pair in ("eurusd", "usdjpy", "gbpjpy"):
        standard, raw = CostModel(preset=f"fx_{pair}"), CostModel(preset=f"mt5_raw_{pair}")
        assert raw.spread_amount < standard.spread_amount
        assert standard.commission_bps == 0 < raw.commission_bps


def test_that_a_spread_is_in_price_units_of_its_pair():
    assert CostModel(preset="fx_eurusd").spread_amount == pytest.approx(0.9e-4)
    assert CostModel(preset="fx_usdjpy").spread_amount == pytest.approx(0.95e-2)


def first_order(symbol, price, quantity, preset):
    """Buy `quantity` units or contracts once, at an open of `price`."""
    n, instrument = 4, Instrument.guess(symbol)
    session = np.arange(19_000, 19_000 + n)
    flat = np.full(n, price)
    bars = Bars(
        instrument, Timeframe(1, "d"), (session + 1) * NS_PER_DAY, flat, flat, flat, flat, np.full(n, 1e6), session,
        {"target": np.array([1.0, 1.0, 1.0, 1.0])},
    )  # fmt: skip
    spec = BacktestSpec(
        strategy="external_signals", params={"column": "target"}, costs={"preset": preset}, execution={"lot": 1},
        sizing={"name": "fixed_units", "units": quantity}, capital=2 * price * instrument.multiplier * quantity,
    )  # fmt: skip
    order = run_backtest(bars, spec).orders[0]
    assert order["quantity"] == quantity
    return order


def test_that_a_run_charges_what_the_broker_prints():
    assert first_order("KO", 25.0, 1_000, "ibkr_us_fixed")["commission"] == pytest.approx(5.0)
    assert first_order("KO", 25.0, 100, "ibkr_us_fixed")["commission"] == pytest.approx(1.0)
    # One percent of the notional at the slipped price: 2 bps of slippage and half of a spread of 2 bps.
    assert first_order("KO", 0.25, 1_000, "ibkr_us_fixed")["commission"] == pytest.approx(2.5 * 1.0003)


def test_that_a_run_charges_futures_by_contract_and_tick():
    order = first_order("ES=F", 5_000.0, 3, "ibkr_futures_index")
    assert order["commission"] == pytest.approx(3 * 2.25)
    assert order["price"] == pytest.approx(5_000.0 + 0.5 * 0.25)


def test_that_fields_beside_a_preset_override_it_and_survive_yaml(tmp_path):
    text = "strategy: {name: sma_cross}\ncosts: {preset: ibkr_us_fixed, slippage_bps: 7, commission_min: 0}\n"
    spec = BacktestSpec.parse(yaml.safe_load(text))
    assert (spec.costs.preset, spec.costs.slippage_bps, spec.costs.commission_min) == ("ibkr_us_fixed", 7.0, 0.0)
    assert spec.costs.commission_per_unit == 0.005
    path = tmp_path / "run.yaml"
    path.write_text(spec.to_yaml(), encoding="utf-8")
    assert BacktestSpec.read(path).costs == spec.costs


def test_that_the_words_for_no_costs_survive_yaml():
    assert BacktestSpec.parse(yaml.safe_load("strategy: {name: sma_cross}\ncosts: {preset: none}")).costs.is_free


def test_that_the_documentation_has_every_preset_with_its_date():
    text = (Path(__file__).parents[3] / "docs" / "costs.md").read_text(encoding="utf-8")
    rows = {line.split("|")[1].strip().strip("`"): line for line in text.splitlines() if line.startswith("| `")}
    pairs = {preset.symbols[0].lower() for preset in PRESETS.values() if preset.asset_class is AssetClass.FX and preset.symbols}
    for name, preset in PRESETS.items():
        prefix = name.rsplit("_", 1)[0]
        row = rows.get(name) or rows.get(f"{prefix}_<pair>" if name.rsplit("_", 1)[-1] in pairs else "", "")
        assert preset.as_of in row, f"docs/costs.md has no row of {name} with {preset.as_of}"
