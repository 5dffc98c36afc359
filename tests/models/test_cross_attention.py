"""What is read off the attention is what the network computes, and reading changes nothing."""

import torch

from helpers.models.cross_attention import looked_at

Z = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))


def test_there_is_a_map_for_each_token_and_the_network_stays_as_it_was(told_model):
    model, captions = told_model()
    before = model.told(captions[:1]).predict_noise(Z, 50)
    processors = dict(model.unet.attn_processors)
    words, maps = looked_at(model, captions[0], Z, 50)
    assert words == ["<|startoftext|>", "smiling</w>", "cat</w>", "<|endoftext|>"]
    assert maps.shape == (4, 8, 8)
    assert (maps > 0).all()
    assert (maps.sum(0) < 1).all()  # the rest lies on the filling
    assert model.unet.attn_processors == processors
    assert torch.equal(model.told(captions[:1]).predict_noise(Z, 50), before)


def test_where_keys_do_not_differ_every_token_is_looked_at_alike(told_model):
    model, captions = told_model()
    with torch.no_grad():
        for name, weights in model.unet.named_parameters():
            if "attn2.to_k" in name:
                weights.zero_()
    _, maps = looked_at(model, captions[0], Z, 50)
    assert torch.allclose(maps, torch.full_like(maps, 1 / 16))


def test_a_word_that_means_something_else_is_looked_at_in_another_way(told_model):
    model, captions = told_model()
    _, plain = looked_at(model, captions[0], Z, 50)
    row = model.tokenizer.convert_tokens_to_ids("cat</w>")
    with torch.no_grad():
        model.text_encoder.get_input_embeddings().weight[row] *= 50
    _, moved = looked_at(model, captions[0], Z, 50)
    assert not torch.allclose(moved, plain, atol=1e-4)
