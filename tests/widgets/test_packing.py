"""Packed numbers come back to within half a step."""

import numpy as np
import pytest

from helpers.widgets.packing import LEVELS, pack, unpack


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
