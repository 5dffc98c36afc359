"""Marks of *Train a model, then audit it*. The trained model is measured here anew."""

import pytest
import torch

from helpers.attacks import DataOnly, SimA, score_over_timesteps, score_part
from helpers.data import LabelledPart
from helpers.evaluation import calibrated_timestep, denoising_loss, evaluate
from helpers.models import UNetDenoiser, linear_scheduler
from helpers.training import build_unet

TIMESTEPS = list(range(0, 201, 20))


@pytest.fixture
def halves(answers):
    """What the audit is about: calibration and evaluation, from the rows that the notebook drew."""
    members, held_out = (answers["digits"][rows] for rows in answers["rows"])
    n = len(members) // 2
    return LabelledPart(members[:n], held_out[:n]), LabelledPart(members[n:], held_out[n:])


@pytest.mark.marks("1", 1)
def test_members_and_held_out_images_are_disjoint_and_as_many_as_asked_for(answers):
    members, held_out = answers["cut"](500, 60, 3)
    assert len(members) == len(held_out) == 60
    assert len({*members.tolist(), *held_out.tolist()}) == 120


@pytest.mark.marks("1", 1)
def test_the_seed_decides(answers):
    first, again, other = (
        torch.cat(list(answers["cut"](500, 60, seed))).tolist() for seed in (3, 3, 4)
    )
    assert first == again != other


@pytest.mark.marks("1", 2)
def test_both_are_drawn_from_all_rows(answers):
    means = [
        rows.double().mean().item()
        for seed in range(20)
        for rows in answers["cut"](10_000, 400, seed)
    ]
    assert all(abs(mean - 5000) < 1000 for mean in means)  # seven standard errors


def batch(n=6):
    generator = torch.Generator().manual_seed(0)
    x, noise = torch.randn(2, n, 2, 3, 3, generator=generator)
    return (
        x,
        torch.randint(1000, (n,), generator=generator),
        noise,
        linear_scheduler().alphas_cumprod,
    )


@pytest.mark.marks("2", 2)
def test_every_image_has_its_own_timestep(answers):
    x, t, noise, alphas_cumprod = batch()
    a = alphas_cumprod[t][:, None, None, None]
    expected = (0.5 * (a.sqrt() * x + (1 - a).sqrt() * noise) - noise).square().mean()
    loss = answers["noise_loss"](lambda y, _: 0.5 * y, x, t, noise, alphas_cumprod)
    assert float(loss) == pytest.approx(float(expected), rel=1e-4)


@pytest.mark.marks("2", 1)
def test_the_network_is_told_the_timesteps(answers):
    x, t, noise, alphas_cumprod = batch()
    told = []
    answers["noise_loss"](lambda y, asked: told.append(asked) or y, x, t, noise, alphas_cumprod)
    assert torch.equal(torch.as_tensor(told[0]).flatten(), t)


@pytest.mark.marks("2", 1)
def test_predicting_nothing_costs_the_mean_square_of_the_noise(answers):
    x, t, noise, alphas_cumprod = batch(40)
    loss = float(
        answers["noise_loss"](lambda y, _: torch.zeros_like(y), x, t, noise, alphas_cumprod)
    )
    assert loss == pytest.approx(float(noise.square().mean()), rel=1e-4)


@pytest.mark.marks("3", 2)
def test_the_model_has_learned(answers, halves):
    run, recipe = answers["run"], answers["recipe"]
    untrained = UNetDenoiser(build_unet(recipe, (1, 8, 8)).eval(), linear_scheduler())
    assert denoising_loss(run.denoiser, halves[1].held_out) < 0.5 * denoising_loss(
        untrained, halves[1].held_out
    )


@pytest.mark.marks("3", 1)
def test_it_has_learned_from_the_members_alone(answers, halves):
    (n, _), (m, _) = ((len(part.members), len(part.held_out)) for part in halves)
    both = LabelledPart(
        *(torch.cat([getattr(part, kind) for part in halves]) for kind in ("members", "held_out"))
    )
    assert n + m == 150
    assert evaluate(*score_part(SimA(timestep=50), answers["run"].denoiser, both)).auc.low > 0.5


@pytest.mark.marks("3", 1)
def test_the_training_was_watched_to_its_end(answers):
    probes = answers["run"].probes
    assert [p["step"] for p in probes] == list(range(100, 601, 100))
    assert all({"held_out_loss", "auc", "high"} <= set(p) for p in probes)


@pytest.mark.marks("4", 1)
def test_the_audits_timestep_is_calibrated(answers, halves):
    scores = score_over_timesteps(SimA(), answers["run"].denoiser, halves[0], TIMESTEPS)
    assert answers["found"]["timestep"] == calibrated_timestep(*scores, TIMESTEPS)


@pytest.mark.marks("4", 2)
def test_its_auc_and_its_interval_are_those_of_the_evaluation_part(answers, halves):
    denoiser, found = answers["run"].denoiser, answers["found"]
    expected = evaluate(*score_part(SimA(timestep=found["timestep"]), denoiser, halves[1])).auc
    assert found["auc"] == pytest.approx(float(expected), abs=1e-3)
    assert (found["low"], found["high"]) == pytest.approx((expected.low, expected.high), abs=0.015)


@pytest.mark.marks("4", 1)
def test_the_data_only_comparison_learned_on_the_calibration_part(answers, halves):
    forest = DataOnly().fit(None, halves[0])
    expected = evaluate(*score_part(forest, None, halves[1]), bootstrap=0).auc
    assert answers["found"]["data_only"] == pytest.approx(float(expected), abs=0.03)


def probes(*rows):
    names = ("step", "held_out_loss", "auc", "low", "high")
    return [dict(zip(names, row, strict=True)) for row in rows]


@pytest.mark.marks("5", 2)
def test_the_best_model_that_keeps_the_limit_is_published(answers):
    rows = (
        (10, 0.5, 0.5, 0.48, 0.52),
        (20, 0.3, 0.55, 0.52, 0.58),
        (30, 0.4, 0.56, 0.53, 0.59),
        (40, 0.1, 0.9, 0.88, 0.92),
    )
    along = probes(*rows)
    assert answers["publish"](along, 0.6) == 20


@pytest.mark.marks("5", 1)
def test_the_upper_end_has_to_keep_the_limit(answers):
    along = probes((10, 0.5, 0.5, 0.45, 0.55), (20, 0.3, 0.59, 0.55, 0.63))
    assert answers["publish"](along, 0.6) == 10


@pytest.mark.marks("5", 1)
def test_where_no_checkpoint_keeps_the_limit_there_is_none(answers):
    assert answers["publish"](probes((10, 0.5, 0.8, 0.75, 0.85)), 0.6) is None
