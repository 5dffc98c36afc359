"""Studies choose on the calibration part, and their norms over parts of a latent add up to the norm over all of it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from helpers.attacks import Loss, SimA
from helpers.attacks.base import score_part
from helpers.data.catalogue import load_fashion
from helpers.experiments import latent_studies
from helpers.experiments.contest import Entry
from helpers.experiments.outcomes import load_outcome
from helpers.models.autoencoders import AutoencoderRecipe, build_autoencoder
from helpers.models.denoisers import UNetDenoiser
from helpers.models.latent import LatentDenoiser
from helpers.models.schedule import linear_scheduler
from helpers.training.experiment_recipes import SEEDS
from helpers.training.recipes import Recipe, build_unet

SPLIT = load_fashion(0, members=24, held_out=24, size=8)
ENTRIES = {"SimA": Entry(SimA(), (20, 60)), "Loss": Entry(Loss(draws=2), (20, 60))}


@pytest.fixture(scope="module")
def denoiser():
    autoencoder = build_autoencoder(AutoencoderRecipe("tiny", channels=(8, 8), norm_groups=2), (1, 8, 8)).eval()
    unet = build_unet(Recipe("tiny", channels=(8, 8), norm_groups=2), (4, 4, 4)).eval()
    return LatentDenoiser(autoencoder, UNetDenoiser(unet, linear_scheduler()), 1.0)


@pytest.fixture(scope="module")
def dimensions(denoiser):
    with pytest.MonkeyPatch.context() as patch, torch.no_grad():
        patch.setattr(latent_studies, "SWEPT_ATTACKS", ENTRIES)
        patch.setattr(latent_studies, "PROBES", 4)
        return latent_studies.dimensions(denoiser, SPLIT)


@pytest.fixture(scope="module")
def inversion(denoiser):
    with pytest.MonkeyPatch.context() as patch, torch.no_grad():
        patch.setattr(latent_studies, "SWEPT_TIMESTEPS", (20, 60))
        patch.setattr(latent_studies, "DESCENT", {"starts": 2, "steps": 8})
        patch.setattr(latent_studies, "SHORT", (1, 3))
        return latent_studies.inversion(denoiser, SPLIT)


@pytest.mark.slow
@pytest.mark.parametrize("name", ENTRIES)
def test_norms_over_most_and_least_add_up_to_the_whole(dimensions, name):
    rows, _ = dimensions
    for few, rest in ((0.2, 0.8), (0.4, 0.6), (0.6, 0.4)):
        parts = rows[name, f"most {few:g}"].members + rows[name, f"least {rest:g}"].members
        assert np.allclose(parts, rows[name, "most 1"].members, rtol=1e-4)


@pytest.mark.parametrize("name", ENTRIES)
def test_all_dimensions_give_the_attack_itself(dimensions, denoiser, name):
    rows, _ = dimensions
    row = rows[name, "most 1"]
    members, held_out = score_part(replace(ENTRIES[name].attack, timestep=row.timestep), denoiser, SPLIT.evaluation)
    assert np.allclose(row.members, members, rtol=1e-5)
    assert np.allclose(row.held_out, held_out, rtol=1e-5)
    assert np.array_equal(rows[name, "least 1"].members, row.members)


def test_every_attack_has_a_fraction_of_its_own_choice_and_every_image_its_geometry(dimensions):
    rows, chosen = dimensions
    assert chosen.keys() == {f"fraction for {name}" for name in ENTRIES}
    assert set(chosen.values()) <= set(latent_studies.FRACTIONS)
    for key in (("influence", "mean"), ("log-volume", "64")):
        assert len(rows[key].members) == len(rows[key].held_out) == 12


@pytest.mark.slow
def test_the_inverted_latent_decodes_at_least_as_well_as_the_encoded_one(inversion):
    rows, psnr = inversion
    assert psnr["psnr inverted"] >= psnr["psnr encoded"] - 0.05  # the prior may cost a little
    assert {view for _, view in rows} >= {
        "encoded",
        "inverted",
        "inverted from random",
        "pushed to pixels",
        "pulled back to pixels",
    }
    assert all(row.timestep in (20, 60) for row in rows.values())


@pytest.mark.slow
def test_the_view_at_the_encoder_is_sima(inversion, denoiser):
    row = inversion[0]["SimA", "encoded"]
    assert np.allclose(row.members, SimA(row.timestep).score(denoiser, SPLIT.evaluation.members), rtol=1e-5)


def test_every_model_is_studied_on_every_seed():
    assert all(tuple(e.seed for e in es) == SEEDS for es in latent_studies.STUDIED.values())


def test_a_study_is_kept_and_not_repeated(dimensions, tmp_path):
    rows, chosen = dimensions
    asked = []
    one = {"beta-1e-3": latent_studies.STUDIED["beta-1e-3"][:1]}

    def run(study, e):
        asked.append((study, e.name))
        return latent_studies.Outcome({"experiment": e.to_json(), "failed": ""}, rows, chosen)

    latent_studies.run_studies(["dimensions"], tmp_path, one, run)
    latent_studies.run_studies(["inversion", "dimensions"], tmp_path, one, run)
    assert asked == [("dimensions", "beta-1e-3-seed-0"), ("inversion", "beta-1e-3-seed-0")]
    assert load_outcome("beta-1e-3-seed-0", tmp_path / "dimensions").quality == chosen


def test_an_unknown_study_is_refused():
    with pytest.raises(ValueError, match="unknown study nothing; there are inversion, dimensions"):
        latent_studies.run_studies(["nothing"])
