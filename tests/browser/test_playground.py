"""The playground draws the closed form of `helpers.models.closed_form`."""

import pytest
import torch

from helpers.models.closed_form import EmpiricalDenoiser

PAGE = "notebooks/the-denoiser-is-a-local-mean.html"


def drawn(seen):
    page = seen.page
    weights = page.locator("[data-point]").evaluate_all("nodes => nodes.map(n => Number(n.dataset.weight))")
    mean = page.locator('[data-part="mean"]').evaluate("n => [Number(n.dataset.x), Number(n.dataset.y)]")
    norm = float(page.locator('[data-part="arrow"]').get_attribute("data-norm"))
    return torch.tensor(weights).double(), torch.tensor(mean).double(), norm


@pytest.mark.parametrize(("x", "y", "timestep"), [(0.4, -0.2, 60), (-0.9, 1.1, 0), (0.0, 0.0, 400), (1.3, -1.3, 999)])
def test_weights_mean_and_norm_are_the_closed_form(kept, x, y, timestep):
    points = torch.tensor(kept.state("points")["points"], dtype=torch.float64)
    kept.move("timestep", timestep)
    kept.move("query-x", x)
    kept.move("query-y", y)
    denoiser = EmpiricalDenoiser(points)
    query = torch.tensor([[x, y]], dtype=torch.float64)
    weights, mean, norm = drawn(kept)
    assert torch.allclose(weights, denoiser.kernel_weights(query, timestep)[0], atol=2e-3)
    assert torch.allclose(mean, denoiser.local_mean(query, timestep)[0], atol=2e-3)
    assert norm == pytest.approx(denoiser.predict_noise(query, timestep).norm().item(), rel=2e-3)
    assert f"‖ε*‖ = {norm:.3f}" in kept.page.locator(".tdr-status").first.inner_text()


def test_dragging_moves_the_query_there(visit):
    seen = visit(PAGE)
    drawing = seen.page.locator(".tdr-playground svg")
    drawing.scroll_into_view_if_needed()
    box = drawing.bounding_box()
    seen.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    seen.page.mouse.down()
    seen.page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.25 * box["height"], steps=4)
    seen.page.mouse.up()
    value = [float(seen.page.locator(f'[data-control="query-{axis}"]').input_value()) for axis in "xy"]
    assert value == pytest.approx([0.65, 0.65], abs=0.03)


def test_a_member_has_a_smaller_norm_than_a_held_out_point(visit):
    seen = visit(PAGE)
    norms = []
    for name in ("on a member", "on a held-out point"):
        seen.page.get_by_role("button", name=name, exact=True).click()
        norms.append(drawn(seen)[2])
    assert norms[0] < norms[1]


def test_the_arrow_starts_at_the_shrunken_mean_and_ends_at_the_query(visit):
    seen = visit(PAGE)
    state = seen.state("points")
    seen.move("timestep", 300)
    _, mean, _ = drawn(seen)
    start, end = seen.page.locator('[data-part="arrow"]').evaluate(
        "n => [['x1', 'y1'], ['x2', 'y2']].map(names => names.map(name => Number(n.getAttribute(name))))"
    )
    pixels = lambda point: [420 * (point[0] + 1.3) / 2.6, 420 * (1.3 - point[1]) / 2.6]  # noqa: E731
    shrunken = state["alphas_cumprod"][300] ** 0.5 * mean
    assert start == pytest.approx(pixels(shrunken.tolist()), abs=0.5)
    assert end == pytest.approx(pixels(state["held_out"][0]), abs=2.5)
