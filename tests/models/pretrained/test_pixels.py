"""What a pixel model on disk predicts is what plain diffusers code makes of it, for every kind of scheduler."""

from copy import deepcopy

import diffusers
import pytest
import torch
from diffusers import (
    CMStochasticIterativeScheduler,
    ConsistencyModelPipeline,
    DDIMPipeline,
    DDIMScheduler,
    DDPMPipeline,
    DDPMScheduler,
    EDMEulerScheduler,
    EulerDiscreteScheduler,
    ScoreSdeVeScheduler,
)

from helpers.attacks import SimA
from helpers.models.pretrained import load_pipeline
from helpers.models.pretrained.schedulers import VARIANCE_PRESERVING

X = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
CLOSE = {"atol": 1e-5, "rtol": 1e-5}


def plain(network, y, time, **told):
    """What the network says, in double precision: an x₀ that is only a little less than y says nothing in single."""
    return deepcopy(network).double()(y.double(), time, **told).sample


def saved(folder, network, scheduler, pipeline=DDPMPipeline, **settings):
    pipeline(network, scheduler).save_pretrained(folder)
    return load_pipeline(folder, **settings)


@pytest.mark.parametrize("prediction", ["epsilon", "sample", "v_prediction"])
@torch.no_grad()
def test_the_clean_image_of_a_step_of_ddim_has_the_noise_that_is_predicted(tmp_path, unet, prediction):
    scheduler = DDIMScheduler(prediction_type=prediction, beta_schedule="squaredcos_cap_v2", clip_sample=False)
    model = saved(tmp_path, unet(), scheduler, DDIMPipeline)
    scheduler.set_timesteps(1000)
    for t in (5, 300, 990):
        scheduler.alphas_cumprod = scheduler.alphas_cumprod.double()
        clean = scheduler.step(plain(unet(), X, t), t, X.double()).pred_original_sample
        a = scheduler.alphas_cumprod[t]
        expected = (X.double() - a.sqrt() * clean) / (1 - a).sqrt()
        assert torch.allclose(model.denoiser.predict_noise(X, t), expected.float(), **CLOSE)


@pytest.mark.parametrize("name", VARIANCE_PRESERVING)
@torch.no_grad()
def test_how_a_scheduler_steps_is_of_no_account(tmp_path, unet, name):
    if name == "DPMSolverSDEScheduler":
        pytest.importorskip("torchsde")
    scheduler = getattr(diffusers, name)(num_train_timesteps=200)
    model = saved(tmp_path, unet(), scheduler)
    assert torch.allclose(model.denoiser.alphas_cumprod, scheduler.alphas_cumprod.double())
    assert torch.allclose(model.denoiser.predict_noise(X, 50), unet()(X, 50).sample, **CLOSE)


@torch.no_grad()
def test_eulers_step_says_the_same(tmp_path, unet):
    scheduler = EulerDiscreteScheduler(beta_schedule="scaled_linear", prediction_type="v_prediction", rescale_betas_zero_snr=True)
    model = saved(tmp_path, unet(), scheduler)
    scheduler.set_timesteps(1000)
    scheduler.sigmas = scheduler.sigmas.double()
    for t in (20, 700):
        time, scheduler._step_index = scheduler.timesteps[999 - t], 999 - t
        sigma = scheduler.sigmas[999 - t]
        y = X.double() * (sigma.square() + 1).sqrt()
        output = plain(unet(), scheduler.scale_model_input(y, time), t)
        clean = scheduler.step(output, time, y).pred_original_sample
        assert torch.allclose(model.denoiser.predict_noise(X, t), ((y - clean) / sigma).float(), atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_a_learned_variance_is_left_out(tmp_path, unet):
    network = unet(channels=(1, 2))
    model = saved(tmp_path, network, DDPMScheduler(variance_type="learned_range"))
    assert torch.allclose(model.denoiser.predict_noise(X, 9), network(X, 9).sample[:, :1], **CLOSE)


@torch.no_grad()
def test_a_score_sde_is_asked_about_images_between_0_and_1(tmp_path, unet):
    network = unet(time_embedding_type="fourier", flip_sin_to_cos=False)
    scheduler = ScoreSdeVeScheduler(num_train_timesteps=50, sigma_max=50.0)
    diffusers.ScoreSdeVePipeline(network, scheduler).save_pretrained(tmp_path)
    model = load_pipeline(tmp_path)
    assert len(model.denoiser.alphas_cumprod) == 50
    for t in (0, 20, 49):
        sigma = scheduler.discrete_sigmas[t].double()
        y = (X.double() * (1 + (2 * sigma) ** 2).sqrt() + 1) / 2  # what ScoreSdeVePipeline would have at this σ
        score = plain(network, y, sigma.expand(2))
        assert torch.allclose(model.denoiser.predict_noise(X, t), (-sigma * score).float(), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
@pytest.mark.parametrize("schedule", ["karras", "exponential"])
@torch.no_grad()
def test_edm_is_asked_and_understood_as_its_scheduler_does(tmp_path, unet, prediction, schedule):
    scheduler = EDMEulerScheduler(sigma_data=0.6, prediction_type=prediction, sigma_schedule=schedule, num_train_timesteps=100)
    model = saved(tmp_path, unet(), scheduler)
    scheduler.set_timesteps(100)
    for t in (5, 50, 99):
        sigma, time = scheduler.sigmas[99 - t].double(), scheduler.timesteps[99 - t]
        y = X.double() * (1 + sigma.square()).sqrt()
        clean = scheduler.precondition_outputs(y, plain(unet(), scheduler.precondition_inputs(y, sigma), time), sigma)
        assert torch.allclose(model.denoiser.predict_noise(X, t), ((y - clean) / sigma).float(), atol=1e-5, rtol=1e-4)
        assert torch.isclose(model.denoiser.alphas_cumprod[t], 1 / (1 + sigma.square()))


@torch.no_grad()
def test_a_consistency_model_has_all_levels_of_its_schedule_but_the_last(tmp_path, unet):
    network, scheduler = unet(num_class_embeds=3), CMStochasticIterativeScheduler(clip_denoised=False)
    model = saved(tmp_path, network, scheduler, ConsistencyModelPipeline)
    assert len(model.denoiser.alphas_cumprod) == 39
    scheduler.set_timesteps(40)
    for t in (0, 20, 38):
        step = 38 - t
        sigma, time = scheduler.sigmas[step].double(), scheduler.timesteps[step].float()
        y = X.double() * (1 + sigma.square()).sqrt()
        scheduler._step_index = step
        output = plain(network, scheduler.scale_model_input(y, time), time, class_labels=torch.tensor([1, 1]))
        skip, out = scheduler.get_scalings_for_boundary_condition(sigma)
        expected = (y - out * output - skip * y) / sigma
        assert torch.allclose(model.told_labels([1]).predict_noise(X, t), expected.float(), atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_a_model_of_classes_is_told_one_for_each_image(tmp_path, unet):
    network = unet(num_class_embeds=3)
    model = saved(tmp_path, network, DDPMScheduler())
    assert (model.classes, model.null_class, model.needs_labels) == (3, None, True)
    for labels in ([2, 0], [1], ["1"]):
        expected = network(X, 40, class_labels=torch.tensor([int(label) for label in labels]).expand(2)).sample
        assert torch.allclose(model.told_labels(labels).predict_noise(X, 40), expected, **CLOSE)
    with pytest.raises(ValueError, match="has to be told one of its 3 classes"):
        SimA().score(model.denoiser, X.clamp(-1, 1))
    for label in (3, -1, "cat", None):
        with pytest.raises(ValueError, match=r"a label must be a number in \[0, 3\)"):
            model.told_labels([label])


def test_a_model_without_classes_takes_no_labels(tmp_path, unet):
    with pytest.raises(ValueError, match="DDPMPipeline takes no labels"):
        saved(tmp_path, unet(), DDPMScheduler()).told_labels([1])


@pytest.mark.parametrize("kind", ["timestep", "identity"])
def test_classes_of_another_kind_are_refused_by_the_name_of_the_setting(tmp_path, unet, kind):
    if kind == "identity":
        network = unet()
        network.register_to_config(class_embed_type="identity")
    else:
        network = unet(class_embed_type=kind)
    with pytest.raises(ValueError, match=f"unet: its setting class_embed_type is '{kind}', and only None is understood"):
        saved(tmp_path, network, DDPMScheduler())


# Sizes


@torch.no_grad()
def test_a_model_of_images_that_are_no_squares(tmp_path, unet):
    model = saved(tmp_path, unet(size=(8, 12)), DDPMScheduler())
    assert model.image_shape == (1, 8, 12)
    x = torch.randn(2, 1, 8, 12)
    assert torch.allclose(model.denoiser.predict_noise(x, 3), unet()(x, 3).sample, **CLOSE)


@torch.no_grad()
def test_another_size_is_asked_for_where_a_model_was_fine_tuned_at_one(tmp_path, unet):
    model = saved(tmp_path, unet(), DDPMScheduler(), size=(16, 12))
    assert model.image_shape == model.denoiser.shape == (1, 16, 12)
    assert model.settings["size"] == "16 x 12"
    x = torch.randn(2, 1, 16, 12)
    assert torch.allclose(model.denoiser.predict_noise(x, 3), unet()(x, 3).sample, **CLOSE)
    with pytest.raises(ValueError, match=r"x must have shape \(n, 1, 16, 12\)"):
        model.denoiser.predict_noise(X, 3)


def test_a_model_without_a_size_is_told_one(tmp_path, unet):
    DDPMPipeline(unet(size=None), DDPMScheduler()).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match=r"unet: its config has no sample_size; .*--size"):
        load_pipeline(tmp_path)
    assert load_pipeline(tmp_path, size=8).image_shape == (1, 8, 8)


@pytest.mark.parametrize(
    ("size", "message"), [(9, "multiples of 2, got 9 x 9"), (0, "size must be a number"), ((8, 8, 8), "size must be")]
)
def test_sizes_that_do_not_work_are_refused(tmp_path, unet, size, message):
    two = {"block_out_channels": (8, 8), "down_block_types": ("DownBlock2D",) * 2, "up_block_types": ("UpBlock2D",) * 2}
    with pytest.raises(ValueError, match=message):
        saved(tmp_path, unet(**two), DDPMScheduler(), size=size)
