"""Attacks that know of the decoder: pixels through a Jacobian, inverted latents, influential dimensions."""

import math
from dataclasses import fields, replace
from types import SimpleNamespace

import pytest
import torch

from helpers.attacks import (
    PIA,
    PIAN,
    Attack,
    Influential,
    InvertedSimA,
    Loss,
    PixelSimA,
    SecMI,
    SecMINN,
    SimA,
    SimAMonteCarlo,
    registry,
    score_over_timesteps,
    score_part,
)
from helpers.attacks.influential import most_influential
from helpers.data.splits import LabelledPart
from helpers.evaluation.metrics import evaluate
from helpers.experiments.latent_studies import calibrated_fraction
from helpers.models.autoencoders import FAMILIES, AutoencoderRecipe, build_autoencoder, posterior
from helpers.models.closed_form import EmpiricalDenoiser
from helpers.models.denoisers import UNetDenoiser
from helpers.models.geometry import influence, jacobian
from helpers.models.inversion import Inversions, invert
from helpers.models.latent import LatentDenoiser
from helpers.models.schedule import linear_scheduler
from helpers.training.recipes import Recipe, build_unet

IMAGES = torch.rand(5, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
MATRIX = torch.linalg.qr(torch.randn(16, 8, generator=torch.Generator().manual_seed(0)))[0] * torch.linspace(0.1, 0.3, 8)
TRUE = torch.randn(6, 2, 2, 2, generator=torch.Generator().manual_seed(1))


def network(family="kl", **settings):
    """A small untrained latent denoiser of 8x8 images, with latents 2x4x4."""
    recipe = AutoencoderRecipe("tiny", family=family, channels=(8, 8), norm_groups=2, latent_channels=2)
    unet = build_unet(Recipe("tiny", channels=(8, 16), norm_groups=2), (2, 4, 4)).eval()
    autoencoder = build_autoencoder(recipe, (1, 8, 8)).eval()
    autoencoder.register_to_config(scaling_factor=0.5)
    return LatentDenoiser(autoencoder, UNetDenoiser(unet, linear_scheduler()), 0.5, **settings)


NETWORK = network()


class LinearAutoencoder(torch.nn.Module):
    """Its decoder is a matrix, and its encoder another one: the transpose, or what is given."""

    def __init__(self, matrix, scaling_factor=1.0, encoder=None):
        super().__init__()
        self.config = SimpleNamespace(latent_channels=2, scaling_factor=scaling_factor)
        self.device = torch.device("cpu")
        self.matrix, self.encoder = matrix, matrix.T if encoder is None else encoder

    def encode(self, images):
        return SimpleNamespace(latents=(images.flatten(1) @ self.encoder.T).reshape(-1, 2, 2, 2))

    def decode(self, z):
        return SimpleNamespace(sample=(z.flatten(1) @ self.matrix.T).reshape(-1, 1, 4, 4))


class Given:
    """A denoiser of latents 2x2x2 that predicts what the given function says, and counts the latents it is asked about."""

    alphas_cumprod = linear_scheduler().alphas_cumprod
    shape = (2, 2, 2)

    def __init__(self, predict=lambda z, t: torch.sin(3 * z + t)):
        self.predict, self.latents = predict, 0

    def predict_noise(self, z, timestep):
        self.latents += len(z)
        return self.predict(z, timestep)


def linear(matrix=MATRIX, scaling_factor=1.0, encoder=None, predict=None):
    given = Given(predict) if predict else Given()
    return LatentDenoiser(LinearAutoencoder(matrix, scaling_factor, encoder), given, scaling_factor)


def inverted(**settings):
    return InvertedSimA(starts=2, steps=4, inversions=Inversions(progress=False), **settings)


ALL = [
    PixelSimA(),
    PixelSimA(via="encoder"),
    inverted(),
    Influential(SimA(), 0.5),
    Influential(Loss(draws=2), 0.5),
    Influential(SecMI(), 0.5),
]
LATENT = [known.attack for known in registry.ATTACKS.values() if not known.plays_on_pixels]
ALL += [attack for attack in LATENT if type(attack) not in map(type, ALL)]  # those above have settings that take less time


def name(attack):
    return type(attack).__name__ + (type(attack.attack).__name__ if isinstance(attack, Influential) else "")


# The protocol


@pytest.mark.parametrize("attack", ALL, ids=name)
def test_every_attack_satisfies_the_protocol(attack):
    assert isinstance(attack, Attack)
    assert {f.name for f in fields(attack) if f.kw_only} == {"batch_size", "seed"}
    scores = attack.score(NETWORK, IMAGES)
    assert scores.shape == (5,)
    assert torch.isfinite(scores).all()
    assert len(scores.unique()) == 5


@pytest.mark.parametrize("attack", ALL, ids=name)
def test_queries_is_the_number_of_calls_per_image(attack):
    denoiser = linear()
    images = denoiser.decode(TRUE)
    attack.score(denoiser, images)
    assert denoiser.denoiser.latents == attack.queries * len(images)


@pytest.mark.parametrize("batch_size", [1, 2])
@pytest.mark.parametrize("attack", ALL, ids=name)
def test_the_batch_size_changes_nothing(attack, batch_size):
    cut = replace(attack, batch_size=batch_size)
    if isinstance(attack, Influential):
        cut = replace(cut, attack=replace(attack.attack, batch_size=batch_size))
    if isinstance(attack, InvertedSimA):
        cut = replace(cut, inversions=Inversions(progress=False))
    assert torch.allclose(cut.score(NETWORK, IMAGES), attack.score(NETWORK, IMAGES), rtol=1e-2)


@pytest.mark.parametrize("attack", ALL, ids=name)
def test_a_sweep_over_timesteps_asks_at_each(attack):
    part = LabelledPart(IMAGES[:2], IMAGES[2:])
    members, held_out = score_over_timesteps(attack, NETWORK, part, [20, 300])
    assert (members.shape, held_out.shape) == ((2, 2), (2, 3))
    assert torch.equal(held_out[1], replace(attack, timestep=300).score(NETWORK, part.held_out))
    assert not torch.allclose(members[0], members[1], rtol=1e-3)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("attack", ALL[:4], ids=name)
def test_every_family_of_autoencoders_can_be_attacked(attack, family):
    assert torch.isfinite(attack.score(network(family), IMAGES)).all()


# Pixels


def test_through_a_linear_decoder_the_noise_is_multiplied_by_its_matrix():
    denoiser = linear(scaling_factor=2.0)
    images = denoiser.decode(TRUE)
    z = 2 * (images.flatten(1) @ MATRIX)
    noise = torch.sin(3 * z + 50)
    expected = -(noise @ MATRIX.T / 2).abs().pow(4).sum(1)  # x = A z / s
    assert torch.allclose(PixelSimA(50).score(denoiser, images), expected, rtol=1e-4)


def test_through_a_linear_encoder_the_noise_is_multiplied_by_its_transpose():
    encoder = torch.randn(8, 16, generator=torch.Generator().manual_seed(3))
    denoiser = linear(scaling_factor=2.0, encoder=encoder)
    images = denoiser.decode(TRUE)
    noise = torch.sin(3 * (2 * images.flatten(1) @ encoder.T) + 50)
    expected = -(2 * noise @ encoder).abs().pow(4).sum(1)  # z = s E x
    assert torch.allclose(PixelSimA(50, via="encoder").score(denoiser, images), expected, rtol=1e-4)


@pytest.mark.parametrize("via", ["decoder", "encoder"])
def test_an_isometric_autoencoder_leaves_the_euclidean_norm_alone(via):
    denoiser = linear(torch.linalg.qr(MATRIX)[0])
    images = 0.2 * denoiser.decode(TRUE)
    assert torch.allclose(PixelSimA(30, 2, via).score(denoiser, images), SimA(30, 2).score(denoiser, images), rtol=1e-4)


def test_the_jacobians_are_those_of_the_network_at_each_image():
    with torch.no_grad():
        z = NETWORK.encode(IMAGES)
        noise = NETWORK.predict_noise(z, 50).flatten(1)[:, :, None]
        through_decoder = jacobian(NETWORK.decode, z) @ noise
        through_encoder = 0.5 * jacobian(lambda x: posterior(NETWORK.autoencoder, x)[0], IMAGES).mT @ noise
    for via, vectors in (("decoder", through_decoder), ("encoder", through_encoder)):
        expected = -vectors[..., 0].pow(4).sum(1)
        assert torch.allclose(PixelSimA(50, via=via).score(NETWORK, IMAGES), expected, rtol=1e-3)


def test_sampled_latents_are_those_that_the_model_is_asked_about():
    sampled = network(latents="sample")
    for via in ("decoder", "encoder"):
        assert not torch.allclose(PixelSimA(via=via).score(sampled, IMAGES), PixelSimA(via=via).score(NETWORK, IMAGES), rtol=1e-3)


# Inverted latents


def test_the_norm_is_taken_at_the_latent_that_the_image_was_made_from():
    denoiser = linear(encoder=torch.zeros(8, 16))  # a useless encoder
    images = denoiser.decode(TRUE)
    attack = InvertedSimA(50, steps=300, prior=0, inversions=Inversions(progress=False))
    expected = -torch.sin(3 * TRUE + 50).flatten(1).abs().pow(4).sum(1)
    assert torch.allclose(attack.score(denoiser, images), expected, atol=0.1)
    assert not torch.allclose(SimA(50).score(denoiser, images), expected, atol=0.1)


def test_the_settings_are_those_of_the_inversion():
    settings = {"starts": 2, "steps": 3, "learning_rate": 0.2, "prior": 0.1, "encoder_start": False, "seed": 4}
    attack = InvertedSimA(20, 2, inversions=Inversions(progress=False), **settings)
    z = invert(NETWORK, IMAGES, progress=False, **settings).latents
    with torch.no_grad():
        expected = -NETWORK.predict_noise(z, 20).square().flatten(1).sum(1)
    assert torch.allclose(attack.score(NETWORK, IMAGES), expected, rtol=1e-4)


def test_a_sweep_inverts_each_image_once():
    denoiser, calls = network(), []
    denoiser.autoencoder.decoder.register_forward_hook(lambda module, arguments, output: calls.append(len(arguments[0])))
    attack = inverted()
    score_over_timesteps(attack, denoiser, LabelledPart(IMAGES[:2], IMAGES[2:]), [0, 50, 100])
    assert sum(calls) == 5 * 2 * 5  # images, starts, four steps and a last look
    replace(attack, p=2, timestep=10).score(denoiser, IMAGES)
    assert sum(calls) == 50
    replace(attack, steps=5).score(denoiser, IMAGES)
    assert sum(calls) == 110


def test_attacks_that_differ_in_what_they_remember_are_the_same_attack():
    assert inverted() == inverted()
    assert hash(inverted()) == hash(inverted())
    assert Influential(SimA(), 0.5) == Influential(SimA(), 0.5)
    assert inverted().inversions is not inverted().inversions


# Influential dimensions


@pytest.mark.parametrize(
    "attack", [SimA(), SimA(20, math.inf), Loss(), Loss(draws=3, seed=2), PIA(), PIAN(p=2), SecMI()], ids=name
)
def test_all_dimensions_give_exactly_the_attacks_own_scores(attack):
    assert torch.equal(Influential(attack, 1.0).score(NETWORK, IMAGES), attack.score(NETWORK, IMAGES))
    cut = replace(attack, batch_size=2)
    assert torch.equal(Influential(cut, 1).score(NETWORK, IMAGES), cut.score(NETWORK, IMAGES))


@pytest.mark.parametrize("p", [1, 4, math.inf])
def test_the_norm_is_taken_over_the_most_influential_dimensions_of_each_image(p):
    with torch.no_grad():
        z = NETWORK.encode(IMAGES)
        noise = NETWORK.predict_noise(z, 50).flatten(1)
    values = influence(NETWORK.decode, z, 8, torch.Generator().manual_seed(3)).value.flatten(1)
    expected = []
    for row, c in zip(noise, values, strict=True):
        kept = row[c.argsort(descending=True)[:10]].abs()  # 0.3 of 32 dimensions
        expected.append(-(kept.max() if p == math.inf else kept.pow(p).sum()))
    attack = Influential(SimA(50, p), 0.3, probes=8, seed=3)
    assert torch.allclose(attack.score(NETWORK, IMAGES), torch.stack(expected), rtol=1e-4)


def test_every_draw_of_the_loss_and_its_average_are_restricted():
    kept = torch.zeros(5, 2, 4, 4, dtype=torch.bool)
    kept[:, 0] = True
    attack = Influential(Loss(draws=3), 0.5)
    attack.influences.of = lambda denoiser, z, *settings: kept.float()

    class Half(Loss):
        def reduce(self, vectors):
            return super().reduce([v[:, :1] for v in vectors])

    assert torch.allclose(attack.score(NETWORK, IMAGES), Half(draws=3).score(NETWORK, IMAGES), rtol=1e-5)


@pytest.mark.parametrize(("fraction", "count"), [(1, 8), (0.5, 4), (0.3, 2), (0.01, 1)])
def test_the_share_of_dimensions_kept_is_the_fraction_and_never_none(fraction, count):
    values = torch.randn(4, 2, 2, 2, generator=torch.Generator().manual_seed(0))
    kept = most_influential(values, fraction)
    assert (kept.flatten(1).sum(1) == count).all()
    for c, k in zip(values, kept, strict=True):
        assert count == 8 or c[k].min() > c[~k].max()


def half_deaf():
    """A decoder that hardly hears half of the latent dimensions, in which the denoiser's predictions are junk.

    In the other half it is the optimal one of the first 20 images' latents.
    """
    loud = torch.tensor([1.0, 0.001]).repeat(4)  # dimensions in turn
    z = torch.randn(40, 2, 2, 2, generator=torch.Generator().manual_seed(2))
    optimal, loud_z = EmpiricalDenoiser((z[:20].flatten(1) * loud.round()).reshape(-1, 2, 2, 2)), loud.round().reshape(2, 2, 2)

    def predict(latents, timestep):
        junk = 40 * torch.sin(1e4 * latents) * (1 - loud_z)
        return loud_z * optimal.predict_noise(latents * loud_z, timestep) + junk

    basis = torch.linalg.qr(MATRIX)[0] * 0.2
    denoiser = linear(basis * loud, encoder=torch.linalg.pinv(basis * loud), predict=predict)
    images = denoiser.decode(z).detach()
    return denoiser, LabelledPart(images[:10], images[20:30]), LabelledPart(images[10:20], images[30:])


def test_where_only_influential_dimensions_carry_signal_restricting_to_them_helps():
    denoiser, calibration, evaluation = half_deaf()
    for attack in (SimA(50, 2), PIA(50)):
        fraction = calibrated_fraction(attack, denoiser, calibration, (0.25, 0.5, 0.75, 1.0))
        plain, restricted = (
            evaluate(*score_part(a, denoiser, evaluation), bootstrap=0).auc for a in (attack, Influential(attack, fraction))
        )
        assert fraction <= 0.5
        assert plain < 0.8
        assert restricted > 0.95


def test_the_fraction_is_the_one_with_the_highest_auc_and_ties_go_to_the_largest():
    denoiser, calibration, _ = half_deaf()
    fractions = (0.5, 1.0, 0.75)
    auc = {f: evaluate(*score_part(Influential(SimA(), f), denoiser, calibration), bootstrap=0).auc for f in fractions}
    assert calibrated_fraction(SimA(), denoiser, calibration, fractions) == max(auc, key=auc.get)
    same = LabelledPart(calibration.members, calibration.members)
    assert calibrated_fraction(Influential(SimA(), 0.1), denoiser, same, fractions) == 1.0


def test_the_influence_of_a_set_of_images_is_estimated_once():
    denoiser, calls = network(), []
    denoiser.autoencoder.decoder.register_forward_hook(lambda module, arguments, output: calls.append(len(arguments[0])))
    attack = Influential(SimA(), 0.5)
    calibrated_fraction(attack, denoiser, LabelledPart(IMAGES[:2], IMAGES[2:]), (0.2, 0.4, 1.0))
    score_over_timesteps(attack, denoiser, LabelledPart(IMAGES[:2], IMAGES[2:]), [0, 50, 100])
    assert calls == [2, 3]
    assert repr(attack.influences) == "Influences(5 latents)"


def test_what_is_remembered_is_of_the_denoiser_the_probes_and_the_seed():
    attack, other = Influential(SimA(), 0.5), network()
    torch.nn.init.normal_(other.autoencoder.decoder.conv_in.weight, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        z = NETWORK.encode(IMAGES)
    settings = [(NETWORK, 4, 0), (other, 4, 0), (NETWORK, 8, 0), (NETWORK, 4, 1)]
    values = [attack.influences.of(denoiser, z, probes, seed, 64) for denoiser, probes, seed in settings]
    assert not any(torch.allclose(values[0], v, atol=1e-2) for v in values[1:])


def test_the_timestep_of_the_whole_is_that_of_the_part():
    assert Influential(SimA(70), 0.5).timestep == 70
    assert replace(Influential(SimA(70), 0.5), timestep=90).attack == SimA(90)
    assert Influential(SimA(70), 0.5, timestep=10) == Influential(SimA(10), 0.5)


# Errors


@pytest.mark.parametrize("attack", ALL, ids=name)
def test_a_denoiser_of_pixels_is_refused_with_a_way_out(attack):
    message = f"{type(attack).__name__} needs a denoiser with encode and decode, such as LatentDenoiser; EmpiricalDenoiser works"
    with pytest.raises(ValueError, match=message):
        attack.score(EmpiricalDenoiser(IMAGES), IMAGES)


@pytest.mark.parametrize("attack", ALL, ids=name)
def test_a_timestep_out_of_range_and_bad_images_are_refused_before_any_query(attack):
    denoiser = linear()
    images = denoiser.decode(TRUE)
    with pytest.raises(ValueError, match=r"timestep must be in \[0, 1000\), got 10[01]0"):
        replace(attack, timestep=1000).score(denoiser, images)
    for bad, message in ((images[0], "must have shape"), (images + 5, "must lie in"), (images[:0], "is empty")):
        with pytest.raises(ValueError, match="images " + message):
            attack.score(denoiser, bad)
    assert denoiser.denoiser.latents == 0


@pytest.mark.parametrize("attack", [PixelSimA, InvertedSimA])
@pytest.mark.parametrize("p", [0.5, math.nan])
def test_what_is_no_norm_order_is_refused(attack, p):
    with pytest.raises(ValueError, match=f"p must be a norm order of at least 1 .* got {p}"):
        attack(p=p)


def test_another_way_to_pixels_is_refused():
    with pytest.raises(ValueError, match='via must be "decoder" or "encoder", got \'unet\''):
        PixelSimA(via="unet")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"starts": 0}, "starts must be at least 1, got 0"),
        ({"steps": -1}, "steps must be at least 1, got -1"),
        ({"learning_rate": 0}, "learning_rate must be positive and prior at least 0, got 0 and"),
        ({"prior": -1}, r"learning_rate must be positive and prior at least 0, got 0\.05 and -1"),
    ],
    ids=str,
)
def test_settings_that_no_inversion_can_have_are_refused_at_once(wrong, message):
    with pytest.raises(ValueError, match=message):
        InvertedSimA(**wrong)


@pytest.mark.parametrize("attack", [SecMINN(), SimAMonteCarlo(), PixelSimA()], ids=name)
def test_an_attack_without_a_norm_over_latent_dimensions_is_refused(attack):
    message = f"attack must be one of SimA, Loss, PIA, PIAN, SecMI, got {name(attack)}"
    with pytest.raises(ValueError, match=message):
        Influential(attack, 0.5)


@pytest.mark.parametrize("fraction", [0, -0.1, 1.1, math.nan])
def test_a_fraction_out_of_range_is_refused(fraction):
    with pytest.raises(ValueError, match=rf"fraction must be in \(0, 1\], got {fraction}"):
        Influential(SimA(), fraction)
    with pytest.raises(ValueError, match=rf"fraction must be in \(0, 1\], got {fraction}"):
        calibrated_fraction(SimA(), NETWORK, LabelledPart(IMAGES, IMAGES), [fraction])


def test_too_few_probes_and_no_fraction_are_refused():
    with pytest.raises(ValueError, match="probes must be at least 2, got 1"):
        Influential(SimA(), 0.5, probes=1)
    with pytest.raises(ValueError, match=r"fractions must hold at least one fraction in \(0, 1\], got none"):
        calibrated_fraction(SimA(), NETWORK, LabelledPart(IMAGES, IMAGES), [])
