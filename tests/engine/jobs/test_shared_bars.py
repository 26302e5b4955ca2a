"""Prices in shared memory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.core.bars import OHLCV
from engine.core.instrument import AssetClass, Instrument
from engine.jobs.shared_bars import AttachedBars, SharedBars
from tests.fakes.prices import random_bars


@pytest.fixture
def dropped():
    return []


@pytest.fixture
def shared(dropped):
    made = SharedBars(dropped.append)
    yield made
    made.close()


def test_that_attached_bars_are_the_shared_ones_bit_for_bit_and_read_only(shared):
    bars = random_bars(50, sentiment=np.linspace(0, 1, 50), other=np.full(50, np.nan))
    attached = AttachedBars()
    view = attached.get(*shared.acquire(bars))
    for name in ("time", "session", *OHLCV):
        assert getattr(view, name).tobytes() == getattr(bars, name).tobytes()
        assert not getattr(view, name).flags.writeable
    assert {name: column.tobytes() for name, column in view.columns.items()} == {
        name: column.tobytes() for name, column in bars.columns.items()
    }
    assert (view.instrument, view.timeframe, view.digest) == (bars.instrument, bars.timeframe, bars.digest)
    assert replace(view).digest == bars.digest
    (ref,) = shared.acquire(bars)
    assert attached.get(ref) is view
    del view
    attached.drop(ref.segment)
    assert attached._lingering == []


def test_that_equal_prices_share_a_segment_and_keep_their_own_instrument(shared):
    bars = random_bars(50)
    crypto = replace(bars, instrument=Instrument("TEST", AssetClass.CRYPTO))
    (one,), (two,) = shared.acquire(bars), shared.acquire(crypto)
    assert one.segment == two.segment
    attached = AttachedBars()
    assert attached.get(one).instrument == bars.instrument
    assert attached.get(two).instrument == crypto.instrument
    attached.drop(one.segment)


def test_that_prices_with_other_session_dates_are_not_taken_for_the_same(shared):
    bars = random_bars(50)
    moved = replace(bars, session=bars.session + 1)
    assert shared.acquire(bars)[0].segment != shared.acquire(moved)[0].segment


def test_that_segments_in_use_stay_and_only_the_last_idle_ones_are_kept(shared, dropped):
    used = random_bars(10, seed=1)
    (kept,) = shared.acquire(used)
    refs = []
    for seed in range(2, 7):
        bars = random_bars(10, seed=seed)
        refs.append(shared.acquire(bars)[0].segment)
        shared.release(bars)
    assert dropped == refs[:3]
    assert kept.segment not in dropped
    shared.close()
    assert set(dropped) == {kept.segment, *refs}


def test_that_a_view_that_is_still_read_outlives_its_segment(shared):
    bars = random_bars(50)
    attached = AttachedBars()
    (ref,) = shared.acquire(bars)
    close = attached.get(ref).close
    attached.drop(ref.segment)
    shared.close()
    assert close.tobytes() == bars.close.tobytes()
    del close
    attached.drop("none")
    assert attached._lingering == []


def test_that_several_series_lie_in_one_segment_bit_for_bit(shared, dropped):
    series = (random_bars(50, 1, "A"), random_bars(31, 2, "B", sentiment=np.arange(31.0)), random_bars(7, 3, "C"))
    refs = shared.acquire(*series)
    assert len({ref.segment for ref in refs}) == 1
    attached = AttachedBars()
    for ref, bars in zip(refs, series, strict=True):
        view = attached.get(ref)
        assert replace(view).digest == bars.digest
        assert view.symbol == bars.symbol
        del view
    assert shared.acquire(*series) == refs
    assert shared.acquire(*series[:2])[0].segment != refs[0].segment
    shared.release(*series)
    assert dropped == []
    attached.drop(refs[0].segment)
    assert attached._lingering == []


def test_that_empty_bars_can_be_shared(shared):
    attached = AttachedBars()
    (ref,) = shared.acquire(random_bars(5).slice(0, 0))
    assert len(attached.get(ref)) == 0
    attached.drop(ref.segment)
