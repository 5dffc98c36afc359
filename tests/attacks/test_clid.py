"""CLiD is the loss that a caption saves, with the same noise in both questions."""

import pytest
import torch

from helpers.attacks import CLiD, Loss
from helpers.data.catalogue import load_digits
from helpers.models.closed_form import EmpiricalDenoiser

SPLIT = load_digits(members=40, held_out=40)
IMAGES = torch.cat([SPLIT.members, SPLIT.held_out])


class Told:
    """A model that knows, of the right caption, which image belongs to it: the best denoiser of that image alone."""

    def __init__(self, images, known):
        self.images, self.known = images, known
        self.every = EmpiricalDenoiser(SPLIT.members)
        self.alphas_cumprod = self.every.alphas_cumprod

    def predict_noise(self, x, timestep):
        guess = self.every.predict_noise(x, timestep)
        a = self.alphas_cumprod[timestep]
        exact = (x - a.sqrt() * self.images) / (1 - a).sqrt()
        return torch.where(self.known[:, None, None, None], exact, guess)


def test_who_is_known_by_its_caption_stands_out():
    known = torch.arange(len(IMAGES)) < 40
    attack = CLiD(EmpiricalDenoiser(SPLIT.members), Loss(timestep=600, draws=2, batch_size=len(IMAGES)))
    score = attack.score(Told(IMAGES, known), IMAGES)
    assert score.shape == (80,)
    assert (score[40:] == 0).all()
    assert (score[:40] > 0).all()
    assert attack.queries == 4


def test_the_score_is_the_difference_of_two_losses():
    told, without = EmpiricalDenoiser(SPLIT.held_out), EmpiricalDenoiser(SPLIT.members)
    loss = Loss(timestep=200, draws=3, seed=5)
    expected = loss.score(told, IMAGES) - loss.score(without, IMAGES)
    assert torch.equal(CLiD(without, loss).score(told, IMAGES), expected)


def test_what_the_loss_refuses_is_refused():
    denoiser = EmpiricalDenoiser(SPLIT.members)
    with pytest.raises(ValueError, match="timestep"):
        CLiD(denoiser, Loss(timestep=1000)).score(denoiser, IMAGES)
