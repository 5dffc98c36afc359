"""The forward-process widget mixes image and noise as `add_noise` does."""

import pytest
import torch

from helpers.models.schedule import add_noise, linear_scheduler

PAGE = "notebooks/noise-in-noise-out.html"


@pytest.mark.parametrize("timestep", [0, 137, 999])
@pytest.mark.parametrize("image", [0, 2])
def test_the_mixture_is_add_noise(kept, timestep, image):
    state = kept.state("noise")
    kept.page.locator('[data-control="image"]').nth(image).check()
    kept.move("timestep", timestep)
    drawn = kept.page.locator('[data-picture="mixed"] rect').evaluate_all("cells => cells.map(c => Number(c.dataset.value))")
    x, noise = torch.tensor(state["images"][image])[None], torch.tensor(state["noise"])[None]
    expected = add_noise(x, noise, timestep, linear_scheduler().alphas_cumprod)
    assert torch.allclose(torch.tensor(drawn), expected.flatten(), atol=1e-5)
    fill = kept.page.locator('[data-picture="mixed"] rect').first.get_attribute("fill")
    level = round(255 * min(1, max(0, (expected.flatten()[0].item() + 1) / 2)))
    assert fill == f"rgb({level},{level},{level})"
    weight = linear_scheduler().alphas_cumprod[timestep].sqrt().item()
    assert f"{weight:.3f} × image" in kept.page.locator(".tdr-status").inner_text()
