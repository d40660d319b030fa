"""States as bytes and back, those of earlier checkpoints too."""

import zlib

import numpy as np

from index.cellchain import CHAIN_ARRAYS, Frame
from index.daycube import ARRAYS, Design, State, first_state
from index.packing import pack_state, unpack_state


def a_state() -> State:
    frame = Frame(np.zeros(3, np.int64), 1, np.array([0, 1, 1]), 2, np.array([0.4, 0.6]), (12, 31))
    panels = np.zeros((3, 9), np.int64)
    design = Design(
        np.array([0.4, 0.6]), np.array([0, 1]), 2, panels, 1, frame, np.array([1000, 65_535], np.uint16)
    )
    state = first_state(20_000, np.array([4, 7, 9]), design)
    state.chain.sums[:] = np.arange(6).reshape(3, 2)
    state.chain.part[:] = np.arange(6).reshape(3, 2) / 7
    state.chain.known[:] = 5
    state.chain.linked[:] = 4
    return state


def same(one: State, other: State) -> bool:
    pairs = [(getattr(one, name), getattr(other, name)) for name in ARRAYS]
    pairs += [(getattr(one.chain, name), getattr(other.chain, name)) for name in CHAIN_ARRAYS]
    return one.day == other.day and all(np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in pairs)


def test_a_state_comes_back_to_the_last_bit() -> None:
    assert same(unpack_state(pack_state(a_state())), a_state())


def test_a_checkpoint_that_carries_sums_by_group_is_read_without_them() -> None:
    state = a_state()
    raw = zlib.decompress(pack_state(state))
    tail = b"".join(
        np.array([2, *table.shape], "<i8").tobytes() + table.astype("<i8").tobytes()
        for table in (state.chain.known, state.chain.linked)
    )
    assert raw.endswith(tail)
    group = np.array([2, 2, 2], "<i8").tobytes() + np.full((2, 2), 99, "<i8").tobytes()
    earlier = raw[: len(raw) - len(tail)] + group + group + tail
    assert same(unpack_state(zlib.compress(earlier)), state)
