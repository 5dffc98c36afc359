"""A transformer that is told classes knows their names and a null class, and is asked as DiTPipeline asks it."""

import json

import pytest
import torch
from diffusers import DDIMScheduler, DiTPipeline, DiTTransformer2DModel, DPMSolverMultistepScheduler

from helpers.attacks import SimA
from helpers.models.pretrained import load_pipeline

Z = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))
CLOSE = {"atol": 1e-5, "rtol": 1e-5}


@pytest.fixture(scope="module")
def transformer():
    torch.manual_seed(0)
    return DiTTransformer2DModel(
        num_attention_heads=2, attention_head_dim=4, in_channels=4, out_channels=8, num_layers=2, norm_num_groups=4,
        sample_size=8, num_embeds_ada_norm=5,
    ).eval()  # fmt: skip


@pytest.fixture
def folder(tmp_path, transformer, vae):
    DiTPipeline(transformer, vae(), DDIMScheduler(), id2label={0: "tabby, tabby cat", 1: "umbrella"}).save_pretrained(tmp_path)
    # diffusers itself does not write the names; those who publish a model do.
    index = json.loads((tmp_path / "model_index.json").read_text())
    (tmp_path / "model_index.json").write_text(json.dumps(index | {"id2label": {"0": "tabby, tabby cat", "1": "umbrella"}}))
    return tmp_path


@torch.no_grad()
def test_it_is_told_a_class_by_number_or_name_or_the_null_class(folder, transformer):
    model = load_pipeline(folder)
    assert (model.classes, model.null_class, model.needs_labels, model.image_shape) == (5, 5, False, (3, 16, 16))
    for labels, numbers in (([3, 0], [3, 0]), (["tabby cat", "umbrella"], [0, 1]), ([None], [5, 5]), ([None, 2], [5, 2])):
        expected = transformer(Z, timestep=torch.tensor([40, 40]), class_labels=torch.tensor(numbers)).sample[:, :4]
        assert torch.allclose(model.told_labels(labels).predict_noise(Z, 40), expected, **CLOSE)
    assert torch.equal(model.denoiser.predict_noise(Z, 40), model.told_labels([None]).predict_noise(Z, 40))
    with pytest.raises(ValueError, match=r"a label must be a number in \[0, 5\), or one of tabby, tabby cat, umbrella"):
        model.told_labels(["dog"])


def test_it_is_asked_about_images(folder, vae):
    images = torch.rand(3, 3, 16, 16) * 2 - 1
    model = load_pipeline(folder)
    assert SimA().score(model.denoiser, images).shape == (3,)
    with torch.no_grad():
        assert torch.allclose(model.denoiser.encode(images), 0.5 * vae().encode(images).latent_dist.mean, **CLOSE)


@torch.no_grad()
def test_the_class_that_older_models_name_is_the_same_network(folder, transformer):
    for path in (folder / "model_index.json", folder / "transformer" / "config.json"):
        path.write_text(path.read_text().replace("DiTTransformer2DModel", "Transformer2DModel"))
    expected = transformer(Z, timestep=torch.tensor([40, 40]), class_labels=torch.tensor([1, 1])).sample[:, :4]
    assert torch.allclose(load_pipeline(folder).told_labels([1]).predict_noise(Z, 40), expected, **CLOSE)


@torch.no_grad()
def test_another_size_than_its_own(folder, transformer):
    z = torch.randn(1, 4, 4, 4)
    expected = transformer(z, timestep=torch.tensor([7]), class_labels=torch.tensor([5])).sample[:, :4]
    assert torch.allclose(load_pipeline(folder, size=8).denoiser.predict_noise(z, 7), expected, **CLOSE)
    with pytest.raises(ValueError, match="transformer: works on sides that are multiples of 2, got 5 x 5"):
        load_pipeline(folder, size=10)
    with pytest.raises(ValueError, match="works on squares, got 4 x 6 latents"):
        load_pipeline(folder, size=(8, 12))


def test_its_schedule_is_that_of_any_scheduler_of_the_family(tmp_path, transformer, vae):
    scheduler = DPMSolverMultistepScheduler(beta_schedule="linear")
    DiTPipeline(transformer, vae(), scheduler).save_pretrained(tmp_path)
    assert torch.allclose(load_pipeline(tmp_path).denoiser.alphas_cumprod, scheduler.alphas_cumprod.double())


def test_names_of_classes_that_are_none_are_refused(folder):
    index = json.loads((folder / "model_index.json").read_text())
    (folder / "model_index.json").write_text(json.dumps(index | {"id2label": ["cat"]}))
    with pytest.raises(ValueError, match="id2label must be an object of numbers and names"):
        load_pipeline(folder)
