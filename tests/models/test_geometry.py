"""The geometry of a decoder agrees with closed forms, and its estimates with their own error bars."""

import math

import pytest
import torch

from helpers.models.autoencoders import FAMILIES, AutoencoderRecipe, build_autoencoder, decode, posterior
from helpers.models.geometry import influence, jacobian, log_volume, pull_back, push_forward

RECIPE = AutoencoderRecipe("tiny", channels=(8, 8), norm_groups=2, latent_channels=2)
AUTOENCODER = build_autoencoder(RECIPE, (1, 8, 8)).eval()
MATRIX = torch.randn(12, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
LATENTS = torch.randn(5, 2, 2, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
Z = torch.randn(6, 2, 4, 4, generator=torch.Generator().manual_seed(2))


def linear(z):
    return (z.flatten(1) @ MATRIX.T).reshape(len(z), 3, 2, 2)


def network(z):
    return decode(AUTOENCODER, z)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


class Spied(torch.autograd.Function):
    """The identity, counting the calls of it and of its gradient."""

    calls = {"forward": 0, "backward": 0}  # noqa: RUF012

    @staticmethod
    def forward(x):
        Spied.calls["forward"] += 1
        return x.clone()

    @staticmethod
    def setup_context(ctx, inputs, output):
        pass

    @staticmethod
    def backward(ctx, gradient):
        Spied.calls["backward"] += 1
        return gradient


# Closed forms


def test_the_jacobian_of_a_linear_decoder_is_its_matrix_wherever_it_is_taken():
    assert torch.allclose(jacobian(linear, LATENTS), MATRIX.expand(5, 12, 8))


def test_the_jacobian_of_a_nonlinear_decoder_is_taken_at_each_latent_on_its_own():
    values = LATENTS.flatten(1)
    expected = torch.diag_embed(values.cos())
    assert torch.allclose(jacobian(torch.sin, LATENTS), expected)


@pytest.mark.parametrize("k", [1, 3, 8])
def test_the_log_volume_is_the_sum_of_the_largest_logs(k):
    expected = torch.linalg.svdvals(MATRIX)[:k].log().sum()
    assert torch.allclose(log_volume(linear, LATENTS, k, batch_size=2), expected.expand(5))


def test_all_of_the_log_volume_is_half_the_log_determinant_of_the_metric():
    j = jacobian(network, Z).double()
    assert torch.allclose(log_volume(network, Z, 32), (j.mT @ j).logdet().float() / 2, atol=1e-3)


def test_a_decoder_that_ignores_a_dimension_has_no_volume_in_all_of_them():
    volumes = log_volume(lambda z: z * torch.tensor([1.0, 0.0]).to(z), LATENTS, 8)
    assert torch.equal(volumes, torch.full((5,), -math.inf, dtype=torch.float64))


def test_products_with_the_jacobian_agree_with_the_jacobian_written_out():
    j, v, w = jacobian(network, Z), torch.randn(Z.shape, generator=generator()), torch.randn(6, 1, 8, 8, generator=generator())
    assert torch.allclose(push_forward(network, Z, v).flatten(1), (j @ v.reshape(6, 32, 1))[..., 0], atol=1e-4)
    assert torch.allclose(pull_back(network, Z, w).flatten(1), (j.mT @ w.reshape(6, 64, 1))[..., 0], atol=1e-4)


def test_a_small_step_in_latent_space_moves_the_image_by_the_pushed_vector():
    autoencoder = build_autoencoder(RECIPE, (1, 8, 8)).eval().double()
    z, v = Z.double(), torch.randn(Z.shape, generator=generator(), dtype=torch.float64)
    with torch.no_grad():
        moved = (decode(autoencoder, z + 1e-5 * v) - decode(autoencoder, z - 1e-5 * v)) / 2e-5
    assert torch.allclose(push_forward(lambda u: decode(autoencoder, u), z, v), moved, atol=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_pushing_and_pulling_are_transposed_for_every_family_of_autoencoders(family):
    autoencoder = build_autoencoder(AutoencoderRecipe("tiny", family=family, channels=(8, 16), norm_groups=2), (1, 8, 8)).eval()
    z = torch.randn(3, 4, 4, 4, generator=generator())
    v, w = torch.randn(z.shape, generator=generator(1)), torch.randn(3, 1, 8, 8, generator=generator(2))

    def decoder(u):
        return decode(autoencoder, u)

    pushed, pulled = push_forward(decoder, z, v), pull_back(decoder, z, w)
    assert torch.allclose((pushed * w).flatten(1).sum(1), (pulled * v).flatten(1).sum(1), rtol=1e-3, atol=1e-4)


def test_a_decoder_with_attention_can_be_pushed_through():
    autoencoder = type(AUTOENCODER)(**{**AUTOENCODER.config, "mid_block_add_attention": True}).eval()
    assert push_forward(lambda u: decode(autoencoder, u), Z, Z).abs().max() > 0


def test_an_encoder_has_a_geometry_too():
    x = torch.rand(3, 1, 8, 8, generator=generator())

    def encode(images):
        return posterior(AUTOENCODER, images)[0]

    pulled = pull_back(encode, x, torch.ones(3, 2, 4, 4))
    assert torch.allclose(pulled.flatten(1), jacobian(encode, x).sum(1), atol=1e-5)


# Influence


def test_the_influence_of_a_diagonal_decoder_is_exact_with_no_error():
    scales = torch.arange(1, 9, dtype=torch.float64).reshape(2, 2, 2)
    found = influence(lambda z: scales * z, LATENTS, 2, generator())
    assert torch.allclose(found.value, scales.log().expand(5, 2, 2, 2))
    assert found.error.abs().max() < 1e-7


@pytest.mark.slow
def test_the_influence_of_a_linear_decoder_approaches_the_log_lengths_of_its_columns():
    found = influence(linear, LATENTS, 4000, generator())
    expected = MATRIX.norm(dim=0).log().reshape(2, 2, 2)
    assert torch.allclose(found.value, expected.expand(5, 2, 2, 2), atol=0.06)


@pytest.mark.parametrize("probes", [16, 64])
def test_the_exact_influence_lies_within_four_errors_of_the_estimate(probes):
    z = torch.randn(40, 2, 4, 4, generator=generator(3))
    exact = jacobian(network, z).square().sum(1).log().reshape(z.shape) / 2  # half the log of the diagonal of Jᵀ J
    found = influence(network, z, probes, generator())
    distance = (found.value - exact).abs() / found.error
    assert (distance < 4).float().mean() >= 0.99
    assert (distance < 1).float().mean() < 0.9  # the errors are not exaggerated either


def test_four_times_the_probes_halve_the_error_stated_and_the_error_made():
    z = torch.randn(20, 2, 4, 4, generator=generator(3))
    exact = jacobian(network, z).square().sum(1).log().reshape(z.shape) / 2  # half the log of the diagonal of Jᵀ J
    few, many = (influence(network, z, probes, generator()) for probes in (16, 64))
    assert few.error.mean() / many.error.mean() == pytest.approx(2, rel=0.15)
    made = [(found.value - exact).square().mean().sqrt() for found in (few, many)]
    assert made[0] / made[1] == pytest.approx(2, rel=0.25)


@pytest.mark.parametrize("batch_size", [1, 4, 6])
def test_the_batch_size_changes_no_estimate(batch_size):
    whole, cut = influence(network, Z, 4, generator()), influence(network, Z, 4, generator(), batch_size)
    assert torch.allclose(whole.value, cut.value, atol=1e-4)
    assert torch.allclose(whole.error, cut.error, atol=1e-4)


def test_the_generator_decides_the_probes_and_images_do_not_share_them():
    same = Z[:1].expand(3, -1, -1, -1)
    first, again, other = (influence(network, same, 4, generator(seed)).value for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.allclose(first, other, atol=1e-2)
    assert not torch.allclose(first[0], first[1], atol=1e-2)


@pytest.mark.parametrize("probes", [4, 8])
def test_an_estimate_costs_one_call_of_the_decoder_a_batch_and_one_gradient_a_probe(probes):
    Spied.calls = {"forward": 0, "backward": 0}
    influence(lambda z: linear(Spied.apply(z)), LATENTS, probes, generator(), batch_size=3)
    assert Spied.calls == {"forward": 2, "backward": 2 * probes}


def test_a_dimension_that_moves_no_pixel_has_no_influence_and_no_error():
    found = influence(lambda z: z * torch.tensor([1.0, 0.0]).to(z), LATENTS, 4, generator())
    assert torch.equal(found.value[..., 1], torch.full((5, 2, 2), -math.inf, dtype=torch.float64))
    assert torch.equal(found.error[..., 1], torch.zeros(5, 2, 2, dtype=torch.float64))


# Surroundings


def test_it_works_in_inference_mode_and_records_no_gradient():
    with torch.inference_mode():
        z = 1.0 * Z
        results = [push_forward(network, z, z), pull_back(network, z, network(z)), influence(network, z, 2, generator()).value]
    results += [push_forward(network, Z, Z), jacobian(network, Z[:1])]
    assert not any(r.requires_grad for r in results)
    assert torch.allclose(results[0], results[3], atol=1e-5)
    assert all(p.grad is None for p in AUTOENCODER.parameters())


# Errors


def test_what_is_no_batch_of_latents_is_refused():
    for bad in (Z[0], Z[:0], torch.tensor(1.0)):
        asks = [
            lambda z: jacobian(network, z),
            lambda z: log_volume(network, z, 1),
            lambda z: influence(network, z, 2, generator()),
            lambda z: push_forward(network, z, z),
            lambda z: pull_back(network, z, z),
        ]
        for ask in asks:
            with pytest.raises(ValueError, match=r"latents must have shape \(n, c, h, w\) with n > 0, got"):
                ask(bad)


def test_vectors_and_covectors_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"vectors must have the shape of the latents, \(6, 2, 4, 4\), got \(5, 2, 4, 4\)"):
        push_forward(network, Z, Z[:5])
    with pytest.raises(ValueError, match=r"covectors must have the shape of the decoded images, \(6, 1, 8, 8\), got \(6, 2"):
        pull_back(network, Z, Z)


@pytest.mark.parametrize("k", [0, -1, 9])
def test_more_singular_values_than_there_are_and_fewer_than_one_are_refused(k):
    with pytest.raises(ValueError, match=rf"k must be in \[1, 8\] for a Jacobian of 12 x 8, got {k}"):
        log_volume(linear, LATENTS, k)


@pytest.mark.parametrize("probes", [1, 0])
def test_too_few_probes_for_an_error_are_refused(probes):
    with pytest.raises(ValueError, match=f"probes must be at least 2, for an error as well as a value; got {probes}"):
        influence(linear, LATENTS, probes, generator())


def test_a_decoder_that_mixes_up_the_batch_is_refused():
    with pytest.raises(ValueError, match="decode must return one image per latent, got 1 for 5"):
        jacobian(lambda z: linear(z).sum(0, keepdim=True), LATENTS)
