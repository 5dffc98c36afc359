"""One command trains what comes with the book: a recipe, an experiment, a group, or all of them."""

import pytest

from helpers import export, retrain, sweeps, zoo

LATENT = [f"beta-{beta}-seed-0" for beta in ("1e-3", "1e-2", "1e-1", "1e0")]


@pytest.fixture
def asked(monkeypatch):
    calls = []
    monkeypatch.setattr(zoo, "main", lambda names: calls.append(("zoo", names)))
    monkeypatch.setattr(export, "main", lambda names: calls.append(("export", names)))
    monkeypatch.setattr(sweeps, "main", lambda names: calls.append(("sweeps", names)))
    return calls


@pytest.mark.parametrize(
    ("name", "calls"),
    [
        ("ddpm-fashion", [("zoo", ["ddpm-fashion"])]),
        ("ddpm-digits", [("zoo", ["ddpm-digits"]), ("export", ["ddpm-digits"])]),
        ("beta-1e-3-seed-1", [("sweeps", ["beta-1e-3-seed-1"])]),
        ("beta-1e-3-seed-0", [("sweeps", ["beta-1e-3-seed-0"]), ("export", ["beta-1e-3-seed-0"])]),
        ("adversaries", [("sweeps", ["adversaries"])]),
        ("beta", [("sweeps", ["beta"]), ("export", LATENT)]),
        ("sweeps", [("sweeps", []), ("export", LATENT)]),
    ],
)
def test_a_name_leads_to_the_code_that_trains_it(asked, name, calls):
    retrain.main([name])
    assert asked == calls


@pytest.mark.parametrize("names", [[], ["ddpm-digits", "nothing"]])
def test_an_unknown_name_is_refused_before_anything_is_trained(asked, names):
    with pytest.raises(ValueError, match=r"unknown recipe .*; there are ddpm-digits-early, .* the groups beta, "):
        retrain.main(names)
    assert asked == []
