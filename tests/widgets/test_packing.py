"""Packed numbers come back to within half a step."""

import numpy as np
import pytest

from helpers.widgets.packing import LEVELS, pack, to_signed_bytes, unpack


def test_numbers_come_back_to_within_half_a_step():
    rows = np.random.default_rng(0).normal(size=(3, 50)) * np.array([[1], [100], [1e-3]])
    levels, scales = pack(rows)
    assert len(levels) == 2 * rows.size
    error = np.abs(unpack(levels, scales) - rows).max(1)
    assert (error <= np.ptp(rows, axis=1) / LEVELS / 2 * 1.001).all()


def test_a_row_of_equal_numbers_comes_back_as_it_was():
    assert np.array_equal(unpack(*pack(np.full((2, 4), 0.3))), np.full((2, 4), 0.3))


@pytest.mark.parametrize("rows", [np.zeros(3), np.array([[1.0, np.nan]])])
def test_what_cannot_be_packed_is_refused(rows):
    with pytest.raises(ValueError, match=r"rows must be finite numbers \(k, n\)"):
        pack(rows)


def test_signed_bytes_run_from_one_limit_to_the_other():
    levels = np.frombuffer(to_signed_bytes(np.array([-9.0, -2.0, 0.1, 2.0]), 2.0), np.uint8)
    assert levels.tolist() == [0, 0, 134, 255]
    with pytest.raises(ValueError, match="must be finite"):
        to_signed_bytes(np.array([np.nan]), 2.0)
