"""A small text-to-image model is a pipeline of diffusers like any other, and says the same noise from disk."""

import pytest
import torch
from diffusers import StableDiffusionPipeline

from helpers.data.emoji import load_other_hand
from helpers.models.pretrained import load_pipeline
from helpers.models.text_to_image import word_tokenizer
from helpers.training.emoji_recipes import public_pictures


def test_every_word_of_the_captions_is_one_token():
    captions = load_other_hand().captions
    tokenizer = word_tokenizer(captions)
    words = {word for caption in captions for word in caption.replace("-", " - ").split() if word.isalpha()}
    assert len(words) > 1000
    assert [word for word in words if len(tokenizer.tokenize(word)) != 1] == []
    assert len(tokenizer.tokenize("smilingcat")) > 1


def test_captions_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="a tokenizer needs captions"):
        word_tokenizer(["", ""])
    with pytest.raises(ValueError, match=r"a caption may have 14 words, .* has 15"):
        word_tokenizer(["cat", " ".join("abcdefghijklmno")])


def test_from_disk_it_says_the_same_noise(told_model, tmp_path):
    model, captions_of = told_model()
    model.pipeline().save_pretrained(tmp_path)
    loaded = load_pipeline(tmp_path)
    images = torch.rand(3, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
    for captions in ([""], ["cat face"], captions_of):
        own, read = model.told(captions), loaded.told(captions)
        z = own.encode(images)
        assert torch.allclose(read.encode(images), z, atol=1e-5)
        assert torch.allclose(read.predict_noise(z, 100), own.predict_noise(z, 100), atol=1e-5)


def test_diffusers_says_the_same_noise_and_draws_a_picture(told_model, tmp_path):
    model, captions_of = told_model()
    model.pipeline().save_pretrained(tmp_path)
    pipeline = StableDiffusionPipeline.from_pretrained(tmp_path)
    z = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    told, _ = pipeline.encode_prompt(captions_of[:2], "cpu", 1, do_classifier_free_guidance=False)
    with torch.no_grad():
        plain = pipeline.unet(z, 100, encoder_hidden_states=told).sample
    assert torch.allclose(model.told(captions_of[:2]).predict_noise(z, 100), plain, atol=1e-5)
    drawn = pipeline("cat", num_inference_steps=2, output_type="pt").images
    assert drawn.shape == (1, 3, 16, 16)


def test_it_is_asked_as_a_model_on_disk_is(told_model):
    model, captions_of = told_model()
    loaded = model.loaded()
    z = torch.zeros(2, 4, 8, 8)
    assert loaded.image_shape == (3, 16, 16)
    for prompts, captions in (("empty", [""]), ("captions", captions_of[:2]), ("cat", ["cat"])):
        asked = loaded.under(prompts, captions_of[:2])
        assert torch.equal(asked.predict_noise(z, 5), model.told(captions).predict_noise(z, 5))


def test_the_same_captions_always_give_the_same_numbers():
    captions = public_pictures().captions
    first, *others = (word_tokenizer(captions) for _ in range(4))
    for other in others:
        assert other.get_vocab() == first.get_vocab()
        assert other(list(captions)).input_ids == first(list(captions)).input_ids
