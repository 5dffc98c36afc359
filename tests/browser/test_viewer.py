"""The viewer shows each attack's own score, and the picture whose size it is."""

import pytest
import torch

from helpers import zoo
from helpers.attacks import PIA, Loss, ReDiffuse, SecMI, SimA

PAGE = "notebooks/the-field-before-sima.html"
ATTACKS = {
    "Loss": (Loss, lambda v: v.square().sum()),
    "SecMI": (SecMI, lambda v: v.square().sum()),
    "PIA": (PIA, lambda v: v.pow(4).sum()),
    "ReDiffuse": (ReDiffuse, lambda v: v.norm()),
    "SimA": (SimA, lambda v: v.pow(4).sum()),
}


def choose(seen, state, name, place):
    seen.page.locator(f'.tdr-viewer [data-control="attack"][value="{name}"]').check()
    slider = seen.page.locator('.tdr-viewer [data-control="timestep"]')
    position = range(len(state["timesteps"]))[place]
    slider.evaluate("(node, value) => { node.value = value; node.dispatchEvent(new Event('input')); }", position)
    return state["timesteps"][position]


def values(seen, picture):
    cells = seen.page.locator(f'.tdr-viewer [data-picture="{picture}"] rect')
    return torch.tensor(cells.evaluate_all("cells => cells.map(c => Number(c.dataset.value))"), dtype=torch.float64)


@pytest.mark.parametrize("place", [0, 6, -1])
@pytest.mark.parametrize("name", ATTACKS)
def test_scores_and_queries_are_those_of_the_attack(kept, name, place):
    state = kept.state("asked")
    timestep = choose(kept, state, name, place)
    attack, size = ATTACKS[name]
    attack = attack(timestep=timestep)
    denoiser, pair = zoo.load("ddpm-digits"), torch.tensor(state["pair"])[:, None]
    expected = [attack.score(denoiser, pair[i : i + 1]).item() for i in range(2)]
    for short, score in zip(("member", "held-out"), expected, strict=True):
        shown = float(kept.page.locator(f'.tdr-viewer [data-score="{short}"]').get_attribute("data-value"))
        assert shown == pytest.approx(score, rel=5e-3)
        assert shown == pytest.approx(-size(values(kept, f"difference {short}")).item(), rel=5e-3)
    said = kept.page.locator(".tdr-viewer [role=status]").inner_text()
    assert said.startswith(f"At t = {timestep} {name} needs {attack.queries} quer")
    verdict = "the member scores higher" if expected[0] > expected[1] else "gets this pair wrong"
    assert verdict in said


def test_both_rows_share_one_scale_and_the_largest_is_darkest(visit):
    seen = visit(PAGE)
    choose(seen, seen.state("asked"), "Loss", 6)
    both = torch.cat([values(seen, f"difference {short}") for short in ("member", "held-out")])
    fills = seen.page.locator('.tdr-viewer [data-picture^="difference"] rect').evaluate_all(
        "c => c.map(n => n.getAttribute('fill'))"
    )
    for value, fill in zip(both.tolist(), fills, strict=True):
        share, dark = abs(value) / both.abs().max().item(), (118, 42, 131) if value < 0 else (27, 120, 55)
        shown = [int(level) for level in fill.removeprefix("rgb(").removesuffix(")").split(",")]
        assert shown == pytest.approx([255 + share * (level - 255) for level in dark], abs=1)


def test_sima_asks_about_the_image_itself(visit):
    seen = visit(PAGE)
    choose(seen, seen.state("asked"), "SimA", 6)
    for short in ("member", "held-out"):
        assert torch.allclose(values(seen, f"asked {short}"), values(seen, f"image {short}"), atol=0.005)
