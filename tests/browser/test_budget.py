"""The budget widget turns hours into steps and passes, as the cost formula does."""

import math

import pytest

PAGE = "notebooks/at-paper-scale.html"


@pytest.mark.parametrize("recipe", [0, 1, -1])
@pytest.mark.parametrize(("log_hours", "doublings", "share"), [(-1, 0, 0.3), (1, 3, 0.05), (2.5, 6, 0.6)])
def test_passes_follow_from_the_cost_of_a_step(kept, recipe, log_hours, doublings, share):
    state = kept.state("recipes")
    at = range(len(state["recipes"]))[recipe]
    kept.page.locator('.tdr-budget [data-control="recipe"]').select_option(str(at))
    for name, value in (("hours", log_hours), ("gpus", doublings), ("utilisation", share)):
        kept.move(name, value)
    chosen = state["recipes"][at]
    steps = 10**log_hours * 3600 * 2**doublings * share * state["peak"] / chosen["flops"]
    passes = float(kept.page.locator('.tdr-budget [data-part="budget"]').get_attribute("data-passes"))
    assert passes == pytest.approx(steps * chosen["batch"] / chosen["images"], rel=1e-6)
    said = kept.page.locator(".tdr-budget [role=status]").inner_text()
    assert said.startswith(chosen["name"])
    assert f"of the recipe's {chosen['steps']:,} steps" in said


def test_the_line_stands_where_the_passes_put_it(kept):
    line, places = kept.page.locator('.tdr-budget [data-part="budget"]'), []
    kept.page.locator('.tdr-budget [data-control="recipe"]').select_option("0")
    kept.move("gpus", 0)
    kept.move("utilisation", 0.3)
    for log_hours in (0.5, 1, 1.5):
        kept.move("hours", log_hours)
        places.append((math.log10(float(line.get_attribute("data-passes"))), float(line.get_attribute("x1"))))
    (a, x), (b, y), (c, z) = places
    assert (y - x) / (b - a) == pytest.approx((z - y) / (c - b))
    assert y > x


def test_as_many_hours_as_the_recipe_costs_buy_all_of_its_steps(kept):
    state = kept.state("recipes")
    chosen = state["recipes"][0]
    hours = chosen["flops"] * chosen["steps"] / (state["utilisation"] * state["peak"] * 3600)
    kept.page.locator('.tdr-budget [data-control="recipe"]').select_option("0")
    kept.move("gpus", 0)
    kept.move("utilisation", state["utilisation"])
    kept.move("hours", round(20 * math.log10(hours)) / 20)
    said = kept.page.locator(".tdr-budget [role=status]").inner_text()
    share = float(said.split("; ")[1].split(" %")[0])
    assert share == pytest.approx(100, rel=0.07)
