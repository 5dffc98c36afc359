"""The scrubber shows the probe of the step that it stands at."""

import numpy as np
import pytest

from helpers.evaluation.metrics import evaluate

TRAINING, INVERSION = (f"notebooks/{name}.html" for name in ("train-a-small-ddpm", "inverting-the-autoencoder"))
PAGES = [TRAINING, INVERSION]


@pytest.mark.parametrize("place", [0, 4, -1])
def test_histograms_and_auc_are_the_probes(kept, place):
    probes = kept.state("probes")["probes"]
    probe = probes[place]
    kept.move("step", probes.index(probe))
    auc = float(kept.page.locator('[data-part="step"]').get_attribute("data-auc"))
    expected = evaluate(-np.array(probe["members"]), -np.array(probe["held_out"]), bootstrap=0).auc
    assert auc == pytest.approx(float(expected), abs=1e-3)
    assert f"After {probe['step']} steps: AUC {auc:.3f}" in kept.page.locator(".tdr-scrubber .tdr-status").inner_text()
    low, high = min(probe["members"] + probe["held_out"]), max(probe["members"] + probe["held_out"])
    for name, values in (("members", probe["members"]), ("held-out", probe["held_out"])):
        shown = kept.page.locator(f'.tdr-scrubber [data-histogram="{name}"]').get_attribute("data-counts")
        counts, _ = np.histogram(values, bins=40, range=(low, high))
        assert np.abs(np.array(shown.split(","), int) - counts).sum() <= 2


@pytest.mark.parametrize("kept", [TRAINING], indirect=True, scope="module")
def test_memorisation_grows_from_nothing(kept):
    probes = kept.state("probes")["probes"]
    assert abs(probes[0]["auc"] - 0.5) < 0.1
    assert probes[-1]["auc"] >= 0.9


@pytest.mark.parametrize("kept", [INVERSION], indirect=True, scope="module")
def test_members_and_held_out_images_grow_alike_while_an_inversion_goes_on(kept):
    probes = kept.state("probes")["probes"]
    for group in ("members", "held_out"):
        assert np.median(probes[-1][group]) > 1.5 * np.median(probes[0][group])
    assert probes[-1]["auc"] < probes[0]["auc"] - 0.1
