"""Batches are halved until they fit."""

import pytest
import torch

from helpers.models.fitting import Fitting


@pytest.fixture
def small_memory():
    """An `ask` that holds at most 3 images, and what it was asked."""
    sizes, images = [], torch.arange(10.0)

    def ask(rows):
        sizes.append(len(images[rows]))
        if sizes[-1] > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return 2 * images[rows]

    return ask, sizes, images


def test_a_batch_that_does_not_fit_is_asked_in_parts_and_said_so_once(small_memory, caplog):
    ask, sizes, images = small_memory
    fitting = Fitting()
    assert torch.equal(fitting(ask, 10), 2 * images)
    assert sizes == [10, 5, 3, 3, 3, 1]
    assert torch.equal(fitting(ask, 10), 2 * images)
    assert sizes[6:] == [3, 3, 3, 1]
    assert [record.getMessage() for record in caplog.records] == [
        "a batch of 10 images does not fit into memory; going on with 5 at once",
        "a batch of 5 images does not fit into memory; going on with 3 at once",
    ]


def test_a_batch_that_fits_is_asked_as_it_is(small_memory):
    ask, sizes, images = small_memory
    assert torch.equal(Fitting()(ask, 3), 2 * images[:3])
    assert sizes == [3]


def test_one_image_that_does_not_fit_is_an_error_that_says_what_to_do():
    def ask(rows):
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(ValueError, match=r"not even one image fits into memory; try dtype= \(--dtype bfloat16\)"):
        Fitting()(ask, 8)
