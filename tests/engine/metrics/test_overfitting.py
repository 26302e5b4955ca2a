"""Probability of backtest overfitting: a slow twin, noise, planted skill, bad input."""

import itertools
import math

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.metrics.overfitting import overfitting


def noise(seed, bars=640, strategies=40):
    return np.random.default_rng(seed).normal(0.0, 0.01, (bars, strategies))


def slow(returns, blocks):
    """CSCV as the paper tells it, with lists."""
    n = len(returns)
    edges = [round(n * k / blocks) for k in range(blocks + 1)]
    parts = [returns[a:b] for a, b in itertools.pairwise(edges)]
    logits = []
    for chosen in itertools.combinations(range(blocks), blocks // 2):
        inside = np.concatenate([parts[k] for k in chosen])
        outside = np.concatenate([parts[k] for k in range(blocks) if k not in chosen])
        ratio_in = inside.mean(axis=0) / inside.std(axis=0, ddof=1)
        ratio_out = outside.mean(axis=0) / outside.std(axis=0, ddof=1)
        best = int(np.argmax(ratio_in))
        rank = sum(ratio_out < ratio_out[best]) + 0.5 * (sum(ratio_out == ratio_out[best]) + 1)
        relative = rank / (returns.shape[1] + 1)
        logits.append(math.log(relative / (1 - relative)))
    return sorted(logits)


@pytest.mark.parametrize(("seed", "bars", "blocks"), [(1, 160, 8), (2, 163, 8), (3, 121, 10)])
def test_that_it_equals_a_slow_twin(seed, bars, blocks):
    returns = noise(seed, bars, 7)
    found, expected = overfitting(returns, blocks), slow(returns, blocks)
    np.testing.assert_allclose(sorted(found.logits), expected, rtol=1e-12)
    share = np.mean(np.array(expected) < 0) + 0.5 * np.mean(np.array(expected) == 0)
    assert found.pbo == pytest.approx(share)


def test_that_noise_has_a_mean_of_one_half_and_a_wide_spread():
    found = [overfitting(noise(seed)) for seed in range(40)]
    values = np.array([one.pbo for one in found])
    assert values.mean() == pytest.approx(0.5, abs=0.05)
    assert 0.1 < values.std() < 0.2
    # The jackknife errs on the careful side.
    assert values.std() < np.mean([one.spread for one in found]) < 2 * values.std()


def test_that_planted_skill_is_not_called_overfitting():
    returns = noise(5)
    returns[:, 3] += 0.003
    found = overfitting(returns)
    assert found.pbo == 0.0
    assert found.loss == 0.0
    assert (found.in_sample > 0).all()


def test_that_a_choice_that_reverses_is_called_overfitting():
    # What was best in one half of time is worst in the other.
    half = np.repeat(np.sign(np.arange(16) % 2 - 0.5), 40)
    returns = np.column_stack([half * 0.001, -half * 0.001]) + noise(6, 640, 2) * 0.1
    found = overfitting(returns)
    assert found.pbo > 0.9
    assert found.slope < 0.0


def test_that_cells_without_trades_rank_at_zero():
    returns = noise(7, 320, 5)
    returns[:, 2] = 0.0
    found = overfitting(returns)
    assert np.isfinite(found.logits).all()
    assert np.isfinite(found.in_sample).all()


def test_that_identical_strategies_are_neither_good_nor_bad():
    found = overfitting(np.repeat(noise(8, 320, 1), 6, axis=1))
    assert found.pbo == 0.5
    np.testing.assert_array_equal(found.logits, 0.0)


@pytest.mark.parametrize(
    ("returns", "blocks", "words"),
    [
        (noise(1, 20, 5), 16, "20 bars of 5 strategies are too few"),
        (noise(1, 200, 1), 16, "200 bars of 1 strategies are too few"),
        (noise(1, 200, 5), 7, "even"),
        (np.zeros(5), 16, "too few"),
    ],
)
def test_that_too_little_is_refused_in_words(returns, blocks, words):
    with pytest.raises(InputError, match=words):
        overfitting(returns, blocks)


def test_that_a_missing_return_is_named():
    returns = noise(1, 200, 5)
    returns[17, 3] = np.nan
    with pytest.raises(InputError, match="strategy 3 at bar 17"):
        overfitting(returns)
