"""Each word has its map, all on one scale."""

import torch

from helpers.figures.told_pictures import word_maps


def test_every_word_has_its_map_and_all_share_a_scale():
    weights = torch.rand(2, 8, 8, generator=torch.Generator().manual_seed(0))
    figure = word_maps(torch.zeros(3, 32, 32), ["cat", "face"], weights)
    pictures = [axis for axis in figure.axes if axis.get_title()]
    assert [axis.get_title() for axis in pictures] == ["picture", "cat", "face"]
    shown = [axis.images[0] for axis in pictures[1:]]
    assert torch.equal(torch.stack([torch.from_numpy(image.get_array().filled()) for image in shown]), weights)
    assert len({image.get_clim() for image in shown}) == 1
