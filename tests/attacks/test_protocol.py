"""What every attack promises: its number of queries, scores that no batch size changes, errors that say what was wrong."""

import math
from dataclasses import dataclass, fields, replace
from functools import cache

import pytest
import torch
from click.testing import CliRunner
from torch import Tensor

from helpers.__main__ import main
from helpers.attacks import (
    GSA,
    PFAMI,
    PIA,
    PIAN,
    Attack,
    DataOnly,
    LearnedAttack,
    LiRA,
    Loss,
    ReDiffuse,
    SecMI,
    SecMINN,
    ShadowModels,
    SimA,
    SimAMonteCarlo,
    registry,
    score_over_timesteps,
    score_part,
)
from helpers.attacks.base import BatchedAttack, Noise
from helpers.attacks.registered import Registered
from helpers.attacks.small_resnet import fit_resnet
from helpers.data.catalogue import load_digits
from helpers.data.splits import LabelledPart
from helpers.experiments import league
from helpers.experiments.contest import Entry
from helpers.models.closed_form import EmpiricalDenoiser
from helpers.models.denoisers import UNetDenoiser
from helpers.models.schedule import linear_scheduler
from helpers.training.recipes import Recipe, build_unet

SPLIT = load_digits(members=24, held_out=24)
IMAGES = torch.cat([SPLIT.evaluation.members[:4], SPLIT.evaluation.held_out[:3]])
CLOSED_FORM = EmpiricalDenoiser(SPLIT.members)
NETWORK = UNetDenoiser(build_unet(Recipe("tiny", channels=(8, 16), norm_groups=2), (1, 8, 8)).eval(), linear_scheduler())
TRAINED_ON = torch.stack([SPLIT.candidate_half(index) for index in range(4)])
SHADOWS = ShadowModels([EmpiricalDenoiser(SPLIT.candidates[rows]) for rows in TRAINED_ON], SPLIT.candidates, TRAINED_ON)


def listed(*needs):
    """The registered attacks on pixels, by name; those that need all of this."""
    return {
        name: known.made(SHADOWS)
        for name, known in registry.ATTACKS.items()
        if known.plays_on_pixels and set(needs) <= set(known.needs)
    }


ALL, LEARNED, WHITE_BOX = listed(), listed("labels"), listed("gradients")
ASKING = {name: attack for name, attack in ALL.items() if attack.queries}
NOISY = [SimAMonteCarlo(draws=3), SimAMonteCarlo(draws=2, order="norm_of_mean"), Loss(draws=2), PFAMI(), ReDiffuse(draws=2)]


def each(attacks):
    return pytest.mark.parametrize("attack", [pytest.param(attack, id=name) for name, attack in attacks.items()])


def name(attack):
    return type(attack).__name__


def model(attack):
    return NETWORK if attack in WHITE_BOX.values() else CLOSED_FORM


@cache
def ready(attack):
    """The attack, fitted if it has to be."""
    return attack.fit(model(attack), SPLIT.calibration) if isinstance(attack, LearnedAttack) else attack


class Counting:
    """The closed form, counting the images that it is asked about."""

    alphas_cumprod = CLOSED_FORM.alphas_cumprod

    def __init__(self):
        self.images = 0

    def predict_noise(self, x, timestep):
        self.images += len(x)
        return CLOSED_FORM.predict_noise(x, timestep)


class Short:
    """A denoiser of 100 timesteps."""

    alphas_cumprod = linear_scheduler(100).alphas_cumprod
    unet = NETWORK.unet

    def predict_noise(self, x, timestep):
        return 0.1 * x


# Queries, protocol


@each({name: attack for name, attack in ALL.items() if name not in WHITE_BOX})
def test_queries_is_the_number_of_calls_per_image(attack):
    denoiser = Counting()
    ready(attack).score(denoiser, IMAGES)
    assert denoiser.images == attack.queries * len(IMAGES)
    assert ready(attack).queries == attack.queries


@pytest.mark.parametrize("timesteps", [(50, 150), (0, 10, 999)])
def test_the_queries_of_gsa_are_rows_of_its_forward_pass(timesteps):
    asked = []
    hook = NETWORK.unet.register_forward_hook(lambda unet, arguments, output: asked.append(len(arguments[0])))
    attack = GSA(timesteps, batch_size=1)  # one forward pass an image, inside of which it is a batch of timesteps
    attack.gradient_norms(NETWORK, IMAGES)
    hook.remove()
    assert asked == [attack.queries] * len(IMAGES)


@pytest.mark.parametrize(
    ("attack", "queries"), [(SecMI(), 12), (PFAMI(), 110), (PIA(), 2), (SimA(), 1), (ReDiffuse(), 20), (DataOnly(), 0)], ids=name
)
def test_queries_are_those_of_the_papers(attack, queries):
    assert attack.queries == queries


@each(ALL)
def test_every_attack_satisfies_the_protocol_and_those_that_need_labels_the_other(attack):
    assert isinstance(attack, Attack)
    assert isinstance(attack, LearnedAttack) == (attack in LEARNED.values())
    assert type(ready(attack)) is type(attack)


@each(ASKING)
def test_batch_size_and_seed_are_given_by_name_only(attack):
    assert {f.name for f in fields(attack) if f.kw_only} == {"batch_size", "seed"}


@each(LEARNED)
def test_fitting_leaves_the_attack_itself_unfitted(attack):
    ready(attack)
    with pytest.raises(ValueError, match=f"{name(attack)} has to be fitted first: attack = attack.fit"):
        attack.score(model(attack), IMAGES)


# Scores


@each(ALL)
def test_there_is_one_finite_score_per_image_and_images_differ(attack):
    scores = ready(attack).score(model(attack), IMAGES)
    assert scores.shape == (len(IMAGES),)
    assert torch.isfinite(scores).all()
    assert len(scores.unique()) > 1


@pytest.mark.parametrize("batch_size", [1, 3, 6])
@each(ASKING)
def test_the_batch_size_changes_nothing(attack, batch_size):
    fitted = ready(attack)
    scores = fitted.score(model(attack), IMAGES)
    assert torch.allclose(replace(fitted, batch_size=batch_size).score(model(attack), IMAGES), scores, rtol=1e-3, atol=1e-4)


@each(ALL)
def test_the_seed_decides_all_noise_and_without_noise_nothing(attack):
    scores, again, other = (replace(ready(attack), seed=seed).score(model(attack), IMAGES) for seed in (0, 0, 1))
    assert torch.equal(scores, again)
    assert torch.equal(scores, other) or not torch.allclose(scores, other, rtol=1e-3)


@pytest.mark.parametrize("attack", [*NOISY, GSA()], ids=name)
def test_another_seed_is_other_noise(attack):
    scores, other = (replace(ready(attack), seed=seed).score(model(attack), IMAGES) for seed in (0, 1))
    assert not torch.allclose(scores, other, rtol=1e-3)


@pytest.mark.slow
@each({name: LEARNED[name] for name in ("SecMI-NN", "data only")})
def test_the_seed_decides_the_classifier(attack):
    again, other = (replace(attack, seed=seed).fit(CLOSED_FORM, SPLIT.calibration) for seed in (0, 1))
    scores = ready(attack).score(CLOSED_FORM, IMAGES)
    assert torch.equal(again.score(CLOSED_FORM, IMAGES), scores)
    assert not torch.allclose(other.score(CLOSED_FORM, IMAGES), scores)


def test_fitting_leaves_the_global_generator_alone():
    state = torch.get_rng_state()
    fit_resnet(IMAGES, IMAGES, steps=1)
    DataOnly(trees=1).fit(None, SPLIT.calibration)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("timestep", [30, 100])
@pytest.mark.parametrize("attack", [SimA, SimAMonteCarlo, Loss, PIA, PIAN, SecMI, ReDiffuse], ids=lambda a: a.__name__)
def test_the_optimal_denoiser_gives_its_training_images_away(attack, timestep):
    members, held_out = score_part(attack(timestep=timestep), CLOSED_FORM, SPLIT.evaluation)
    assert members.median() > held_out.median()
    assert (members[:, None] > held_out).float().mean() > 0.9


def test_pfami_and_lira_give_training_images_away_too():
    for attack in (PFAMI(timesteps=(50, 100)), LiRA(shadows=SHADOWS)):
        members, held_out = score_part(attack, CLOSED_FORM, SPLIT.evaluation)
        assert members.median() > held_out.median()


# Noise


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 5, 5), (1, 2, 2), (1,)])
def test_noise_does_not_depend_on_the_batch_size(shape):
    x, draws = torch.zeros(20, *shape), []
    for batch_size in (20, 1, 3, 7):
        noise = Noise(4)
        batches = [torch.stack([noise(k, batch) for k in range(2)], 1) for batch in x.split(batch_size)]
        draws.append(torch.cat(batches))
    assert all(torch.equal(draws[0], other) for other in draws[1:])
    assert len(draws[0].flatten(2).unique(dim=1).flatten(0, 1).unique(dim=0)) == 40  # no image meets another's noise


def test_noise_is_standard_normal_in_the_dtype_asked_for():
    draw = Noise(0)(0, torch.zeros(200, 1, 10, 10, dtype=torch.float64))
    assert draw.dtype == torch.float64
    assert abs(draw.mean().item()) < 0.03
    assert draw.std().item() == pytest.approx(1, abs=0.02)


def test_the_seed_and_the_number_of_the_draw_decide_the_noise():
    x = torch.zeros(2, 1, 4, 4)
    assert torch.equal(Noise(1)(2, x), Noise(1)(2, x))
    assert not torch.equal(Noise(1)(2, x), Noise(1)(3, x))
    assert not torch.equal(Noise(1)(2, x), Noise(2)(2, x))


# Errors


@pytest.mark.parametrize(
    ("attack", "last"),
    [
        (SimA(100), 100),
        (SimA(-1), -1),
        (SimAMonteCarlo(100), 100),
        (Loss(), 100),
        (SecMI(), 110),
        (SecMI(90), 100),
        (SecMI(-10), -10),
        (SecMINN(), 110),
        (PIA(), 100),
        (PIAN(200), 200),
        (PFAMI(), 450),
        (ReDiffuse(), 100),
        (GSA(), 150),
        (LiRA(250, shadows=SHADOWS), 250),
    ],
    ids=name,
)
def test_a_timestep_out_of_range_is_refused_with_the_attack_and_the_range(attack, last):
    message = rf"timestep must be in \[0, 100\), got {last}: {name(attack)} needs it and this denoiser has 100"
    with pytest.raises(ValueError, match=message):
        (ready(attack) if isinstance(attack, GSA) else attack).score(Short(), IMAGES)
    if isinstance(attack, LearnedAttack):
        with pytest.raises(ValueError, match=message):
            attack.fit(Short(), SPLIT.calibration)


def test_the_last_timestep_is_allowed():
    for attack in (SimA(99), SecMI(80), PIA(99), PFAMI((0, 99)), ReDiffuse(99), Loss(99)):
        assert torch.isfinite(attack.score(Short(), IMAGES)).all()


def test_a_timestep_that_is_no_multiple_of_the_interval_is_refused():
    for attack in (SecMI, SecMINN):
        with pytest.raises(ValueError, match="timestep must be a multiple of interval 10, got 55"):
            attack(55)


@pytest.mark.parametrize(
    ("attack", "argument"),
    [
        (SimAMonteCarlo, "draws"),
        (Loss, "draws"),
        (ReDiffuse, "draws"),
        (ReDiffuse, "steps"),
        (SecMI, "interval"),
        (SecMINN, "interval"),
        (DataOnly, "trees"),
    ],
)
def test_numbers_below_one_are_refused(attack, argument):
    for number in (0, -3):
        with pytest.raises(ValueError, match=f"{argument} must be at least 1, got {number}"):
            attack(**{argument: number})


@pytest.mark.parametrize("attack", [SimA(), SimAMonteCarlo(), PIA(), PIAN(), LiRA(shadows=SHADOWS)], ids=name)
@pytest.mark.parametrize("p", [0.5, 0, -1, math.nan])
def test_what_is_no_norm_order_is_refused(attack, p):
    with pytest.raises(ValueError, match=f"p must be a norm order of at least 1 .* got {p}"):
        replace(attack, p=p)


@pytest.mark.parametrize("crops", [(), (0.0,), (0.9, 1.1), (-0.5,), (math.nan,)])
def test_crops_out_of_range_are_refused(crops):
    with pytest.raises(ValueError, match=r"PFAMI needs timesteps, and crops in \(0, 1\]; got"):
        PFAMI(crops=crops)


def test_no_timestep_is_refused():
    with pytest.raises(ValueError, match=r"PFAMI needs timesteps, .* got \(\)"):
        PFAMI(timesteps=())
    with pytest.raises(ValueError, match="timesteps must hold at least one timestep, got none"):
        GSA(timesteps=())


def test_gsa_without_a_network_is_refused():
    fitted = ready(GSA())
    for ask in (lambda: fitted.score(CLOSED_FORM, IMAGES), lambda: GSA().fit(CLOSED_FORM, SPLIT.calibration)):
        with pytest.raises(ValueError, match="GSA needs a network's gradients, and EmpiricalDenoiser has no network"):
            ask()


def test_gsa_leaves_the_network_without_gradients_and_its_weights_alone():
    before = [p.clone() for p in NETWORK.unet.parameters()]
    GSA().gradient_norms(NETWORK, IMAGES[:2])
    assert all(p.grad is None for p in NETWORK.unet.parameters())
    assert all(torch.equal(p, q) for p, q in zip(NETWORK.unet.parameters(), before, strict=True))


def test_lira_without_shadow_models_is_refused():
    with pytest.raises(ValueError, match="LiRA needs shadow models"):
        LiRA()


def test_lira_knows_candidates_only_and_names_the_stranger_by_its_place():
    attack = LiRA(shadows=SHADOWS, batch_size=2)
    with pytest.raises(ValueError, match="image 5 is no candidate of the shadow models"):
        attack.score(CLOSED_FORM, torch.cat([IMAGES[:5], SPLIT.auxiliary[:1]]))


def test_lira_gives_a_candidate_its_own_score_wherever_it_stands():
    attack = LiRA(shadows=SHADOWS)
    assert torch.allclose(attack.score(CLOSED_FORM, IMAGES.flip(0)), attack.score(CLOSED_FORM, IMAGES).flip(0))


def test_lira_with_two_shadow_models_still_answers():
    shadows = ShadowModels(SHADOWS.denoisers[:2], SPLIT.candidates, TRAINED_ON[:2])
    assert torch.isfinite(LiRA(shadows=shadows).score(CLOSED_FORM, IMAGES)).all()


@pytest.mark.parametrize("shape", [(4, 47), (3, 48), (48,), (48, 4)])
def test_shadow_models_of_wrong_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"trained_on must have shape \(4, 48\), got \(" + ", ".join(map(str, shape))):
        ShadowModels(SHADOWS.denoisers, SPLIT.candidates, torch.ones(shape, dtype=torch.bool))


@pytest.mark.parametrize("everywhere", [True, False])
def test_a_candidate_in_all_shadow_models_or_in_none_is_refused(everywhere):
    trained_on = TRAINED_ON.clone()
    trained_on[:, [3, 7]] = everywhere
    with pytest.raises(ValueError, match="2 candidates lack a shadow model with them, or one without"):
        ShadowModels(SHADOWS.denoisers, SPLIT.candidates, trained_on)


def test_shadow_models_are_asked_once_per_setting():
    denoisers = [Counting() for _ in TRAINED_ON]
    shadows = ShadowModels(denoisers, SPLIT.candidates, TRAINED_ON)
    for timestep in (50, 50, 60):
        LiRA(timestep, shadows=shadows).score(CLOSED_FORM, IMAGES)
    assert [d.images for d in denoisers] == [2 * len(SPLIT.candidates)] * 4


def test_the_first_shadow_models_answer_as_they_would_alone_and_are_not_asked_again():
    denoisers = [Counting() for _ in TRAINED_ON]
    shadows = ShadowModels(denoisers, SPLIT.candidates, TRAINED_ON)
    LiRA(shadows=shadows).score(CLOSED_FORM, IMAGES)
    few, alone = shadows.first(2), ShadowModels(denoisers[:2], SPLIT.candidates, TRAINED_ON[:2])
    asked = [d.images for d in denoisers]
    scores = LiRA(shadows=few).score(CLOSED_FORM, IMAGES)
    assert [d.images for d in denoisers] == asked
    assert torch.equal(scores, LiRA(shadows=alone).score(CLOSED_FORM, IMAGES))
    assert torch.equal(few.statistics(SimA(60)), alone.statistics(SimA(60)))


@each({name: attack for name, attack in ALL.items() if not hasattr(attack, "timestep")})
def test_an_attack_without_a_timestep_has_no_sweep(attack):
    with pytest.raises(ValueError, match=f"{name(attack)} has no timestep to sweep; use score_part"):
        score_over_timesteps(attack, CLOSED_FORM, SPLIT.calibration, [10, 20])


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (IMAGES[0, 0], r"must have shape \(n, c, h, w\), got \(8, 8\)"),
        (IMAGES[:0], "is empty"),
        (torch.full_like(IMAGES, math.nan), f"holds {64 * len(IMAGES)} NaN or infinite values"),
        (IMAGES + 3, r"must lie in \[-1, 1\]"),
        (IMAGES.to(torch.int64), "must be a floating-point tensor, got torch.int64"),
    ],
    ids=["shape", "none", "nan", "range", "type"],
)
@each(ALL)
def test_bad_images_are_refused_before_any_query(attack, bad, message):
    denoiser = NETWORK if attack in WHITE_BOX.values() else Counting()
    with pytest.raises(ValueError, match="images " + message):
        ready(attack).score(denoiser, bad)
    assert getattr(denoiser, "images", 0) == 0


def test_images_of_another_size_than_the_networks_are_refused():
    wide = torch.zeros(2, 1, 8, 9)
    for attack in (SimA(), SecMI(), PFAMI(), Loss()):
        with pytest.raises(ValueError, match=r"x must have shape \(n, 1, 8, 8\), got \(2, 1, 8, 9\)"):
            attack.score(NETWORK, wide)
    with pytest.raises(ValueError, match="image 0 is no candidate"):
        LiRA(shadows=SHADOWS).score(NETWORK, wide)


def test_gsa_refuses_bad_images_when_it_is_fitted():
    with pytest.raises(ValueError, match=r"images must lie in \[-1, 1\]"):
        GSA().fit(NETWORK, LabelledPart(IMAGES, IMAGES + 3))


# The registry


@each(ASKING)
def test_a_timestep_beyond_the_denoisers_is_refused_by_every_attack_that_can_be_given_one(attack):
    if hasattr(attack, "timestep"):
        with pytest.raises(ValueError, match=rf"timestep must be in \[0, 1000\), got \d+: {name(attack)} needs it"):
            replace(attack, timestep=1000).score(CLOSED_FORM, IMAGES)


@pytest.mark.parametrize("known", registry.ATTACKS.values(), ids=registry.ATTACKS)
def test_a_denoiser_that_lacks_what_the_entry_says_is_refused_with_a_sentence(known):
    needed = {"latents": "needs a denoiser with encode and decode", "gradients": "needs a network's gradients"}
    if isinstance(known.attack, type):
        assert "shadow models" in known.needs
        with pytest.raises(ValueError, match=f"{known.attack.__name__} needs shadow models"):
            known.made()
    for need in needed.keys() & set(known.needs):
        with pytest.raises(ValueError, match=f"{name(known.attack)} {needed[need]}.*EmpiricalDenoiser"):
            (known.attack.fit if "labels" in known.needs else known.attack.score)(
                CLOSED_FORM, SPLIT.calibration if "labels" in known.needs else IMAGES
            )


def test_an_attack_that_takes_over_a_timestep_plays_after_the_one_that_chooses_it():
    names = list(registry.ATTACKS)
    for place, known in enumerate(registry.ATTACKS.values()):
        assert not known.timestep_of or known.timestep_of in names[:place]


def test_no_two_attacks_have_one_name_on_the_command_line():
    commands = [known.command for known in registry.ATTACKS.values() if known.command]
    assert len(set(commands)) == len(commands)
    assert f"[{'|'.join(commands)}]" in CliRunner().invoke(main, ["score", "--help"]).output


@pytest.mark.parametrize(
    ("attack", "needs", "reason"),
    [
        (SecMINN(), ("labels",), "needs labels"),
        (LiRA, ("shadow models",), "needs shadow models"),
        (GSA(), ("gradients", "labels"), "needs labels"),
        (PFAMI(), (), "has no timestep"),
    ],
    ids=["labels", "shadow models", "gradients and labels", "no timestep"],
)
def test_what_the_command_line_cannot_ask_gets_no_name_there(attack, needs, reason):
    with pytest.raises(ValueError, match=f"'short' {reason}, and the command line asks a model at one timestep"):
        Registered(attack, needs, command="short")


@dataclass(frozen=True)
class Toy(BatchedAttack):
    """The largest predicted noise."""

    timestep: int = 30
    queries: int = 1

    def score_batch(self, denoiser, x, noise) -> Tensor:
        return -denoiser.predict_noise(x, self.timestep).abs().flatten(1).amax(1)


def test_beside_its_class_one_entry_is_all_that_a_new_attack_needs(monkeypatch):
    monkeypatch.setattr(league, "shadows", lambda dataset: SHADOWS)
    monkeypatch.setitem(registry.ATTACKS, "Toy", Registered(Toy(), command="toy"))
    assert listed()["Toy"] == Toy()
    assert league.entries("digits")["Toy"] == Entry(Toy())
    assert "no model at nowhere" in ask("toy")
    assert "attack must be one of sima, loss, secmi, pia, toy, got 'other'" in ask("other")
    monkeypatch.delitem(registry.ATTACKS, "Toy")
    assert "Toy" not in league.entries("digits")
    assert "got 'toy'" in ask("toy")


def ask(attack):
    return CliRunner().invoke(main, ["score", "--model", "nowhere", "--images", "nowhere", "--attack", attack]).output
