"""The base-rate widget computes Bayes' rule."""

import pytest

PAGES = [f"notebooks/{name}.html" for name in ("measure-honestly", "audit-your-own-model")]


@pytest.mark.parametrize("log_base", [-4, -2, -0.3])
@pytest.mark.parametrize("index", [1, 5, -1])
def test_the_share_of_true_accusations_is_bayes_rule(kept, log_base, index):
    state = kept.state("tpr")
    at = range(len(state["fpr"]))[index]
    kept.move("fpr", at)
    kept.move("base-rate", log_base)
    base, tpr, fpr = 10**log_base, state["tpr"][at], state["fpr"][at]
    expected = tpr * base / (tpr * base + fpr * (1 - base))
    drawing = kept.page.locator(".tdr-base-rate svg")
    assert float(drawing.get_attribute("data-ppv")) == pytest.approx(expected)
    assert drawing.locator('[data-right="true"]').count() == round(expected * 400)
    assert f"{100 * expected:.1f} % of the accused" in kept.page.locator(".tdr-base-rate .tdr-status").inner_text()


def test_it_starts_at_the_largest_rate_within_one_percent(visit):
    seen = visit(PAGES[0])
    fpr = seen.state("tpr")["fpr"]
    shown = fpr[int(seen.page.locator('[data-control="fpr"]').input_value())]
    assert shown == max(value for value in fpr if value <= 0.01 + 1e-9)
