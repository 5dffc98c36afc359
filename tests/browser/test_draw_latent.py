"""Behind an encoder, too, a drawing gets the score that Python gives it, from each of the networks on the slider."""

import numpy as np
import pytest
import torch
from test_draw import choose, load, norm, paper, pixels, settles

from helpers.data.catalogue import load_fashion
from helpers.widgets.draw import examples_of
from helpers.zoo import latent_models

PAGE = "notebooks/what-the-noise-hides.html"
PART = load_fashion().evaluation
NAMES = [f"beta-{beta}-seed-0" for beta in ("1e-3", "1e-2", "1e-1", "1e0")]
RUN = "The networks run in this page"


def two_by_two(latent):
    """(4, h, h) as one picture (2 h, 2 h)"""
    return torch.cat([torch.cat([*latent[:2]], 1), torch.cat([*latent[2:]], 1)]).numpy()


@pytest.fixture(scope="module")
def models():
    return [latent_models.load(name) for name in NAMES]


def test_the_slider_goes_through_the_networks_before_anything_is_loaded(visit, models):
    seen = visit(PAGE)
    for name, image in examples_of(PART, 255).items():
        choose(seen, name)
        for k, model in enumerate(models):
            seen.move("network", k)
            settles(seen, norm(image, 100, model))
            with torch.no_grad():
                z = model.encode(image[None])
                noise = model.predict_noise(z, 100)
            assert np.allclose(pixels(seen, "latent"), two_by_two(z[0]).flatten(), atol=1e-3)
            assert np.allclose(pixels(seen, "predicted"), two_by_two(noise[0]).flatten(), atol=1e-3)


def test_a_change_is_scored_by_each_network_and_at_each_timestep(visit, models):
    seen = visit(PAGE)
    load(seen, RUN)
    choose(seen, "a member")
    seen.move("ink", 50)
    seen.move("width", 1)
    box = paper(seen)
    seen.page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.4 * box["height"])
    seen.page.mouse.down()
    seen.page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.6 * box["height"])
    seen.page.mouse.up()
    image = torch.tensor(pixels(seen, "seen"), dtype=torch.float32).reshape(1, 16, 16)
    assert not torch.allclose(image, PART.members[0])
    assert torch.allclose(image[0, :, 0:1], PART.members[0, 0, :, 0:1])
    timesteps = seen.state("known_norms")["timesteps"]
    for k, model in enumerate(models):
        seen.move("network", k)
        for i in (timesteps.index(100), *range(len(timesteps))):
            seen.move("draw-timestep", i)
            settles(seen, norm(image, timesteps[i], model))
    assert seen.problems == []
