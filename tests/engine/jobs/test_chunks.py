"""How a sweep is cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.jobs.chunks import Chunks


@given(
    total=st.integers(0, 5_000), n_bars=st.integers(1, 2_000_000), workers=st.integers(1, 8), compiled=st.booleans(),
    speeds=st.lists(st.floats(1e-9, 10.0), min_size=1, max_size=20), lost=st.sets(st.integers(0, 50)),
)  # fmt: skip
def test_that_every_cell_is_given_out_once_whatever_the_times_and_losses(total, n_bars, workers, compiled, speeds, lost):
    chunks = Chunks(total, n_bars, workers=workers, is_compiled=compiled)
    done = []
    for turn in range(20_000):
        part = chunks.take()
        if part is None:
            break
        if turn in lost:
            chunks.give_back(*part)
            continue
        done += range(*part)
        chunks.observe(part[1] - part[0], speeds[turn % len(speeds)])
    assert sorted(done) == list(range(total))


def sizes(chunks, cell_seconds, count):
    found = []
    for _ in range(count):
        start, stop = chunks.take()
        chunks.observe(stop - start, (stop - start) * cell_seconds)
        found.append(stop - start)
    return found


def test_that_chunks_grow_to_about_thirty_milliseconds_of_work():
    found = sizes(Chunks(1_000_000, 2_520, workers=2), 10e-6, 6)
    assert found[0] == 396
    assert 2_990 <= found[-1] <= 3_000


def test_that_python_strategies_begin_with_one_cell_and_stay_small_when_slow():
    assert sizes(Chunks(1_000, 2_520, is_compiled=False), 0.5, 4) == [1, 1, 1, 1]


def test_that_a_first_chunk_that_held_a_compilation_does_not_keep_chunks_small():
    chunks = Chunks(1_000_000, 2_520)
    chunks.observe(396, 8.0)
    chunks.take()
    chunks.observe(1, 10e-6)
    assert sizes(chunks, 10e-6, 7)[-1] > 1_000


def test_that_the_last_chunks_get_smaller_so_that_workers_end_together():
    found = sizes(Chunks(10_000, 2_520, workers=2), 10e-6, 8)
    assert max(found[1:]) <= 2_500
    assert found[-1] < found[3]


def test_that_one_worker_does_not_cut_the_end_into_pieces():
    found = sizes(Chunks(10_000, 2_520, workers=1), 10e-6, 5)
    assert found == [396, 1584, 2999, 2999, 2022] or found[1] == 1584
