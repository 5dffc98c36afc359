"""A guessed caption is that of the nearest public picture."""

import pytest
import torch

from helpers.attacks import guess_captions

PUBLIC = torch.tensor([-1.0, 0.0, 1.0])[:, None, None, None].expand(3, 3, 4, 4)


def test_the_nearest_picture_lends_its_caption():
    images = torch.tensor([0.9, -0.7, 0.1, 0.6])[:, None, None, None].expand(4, 3, 4, 4)
    assert guess_captions(images, PUBLIC, ["black", "grey", "white"]) == ("white", "black", "grey", "white")


def test_a_public_picture_without_a_caption_is_refused():
    with pytest.raises(ValueError, match="each public picture needs its caption: got 2 for 3"):
        guess_captions(PUBLIC, PUBLIC, ["black", "grey"])
