"""A figure of a cell reaches the sentences of its page as the text that it prints."""

import pytest

from helpers.evaluation.metrics import Estimate
from helpers.figures.prose import in_prose


@pytest.mark.parametrize(("value", "text"), [("0.83", "0.83"), (7, "7"), (Estimate(0.5, 0.4, 0.6), "0.500 [0.400, 0.600]")])
def test_a_value_is_kept_as_text_under_its_name_and_not_shown(value, text, monkeypatch):
    kept = []
    monkeypatch.setattr("myst_nb.glue", lambda name, variable, display: kept.append((name, variable, display)))
    in_prose("sima-auc", value)
    assert kept == [("sima-auc", text, False)]
