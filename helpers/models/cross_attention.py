"""Which word does each place of a picture look at?

    weights = softmax(Q K^T / sqrt(d))        (one row per place, one column per token; each row sums to 1)

read off the cross-attention of `helpers.models.text_to_image` while the network predicts, and averaged over the
heads and layers of the finest resolution.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from diffusers.models.attention_processor import Attention, AttnProcessor
from torch import Tensor

from helpers.models.text_to_image import TextToImage


class _Watching:
    """Computes attention as before, and keeps the weights of places on words."""

    def __init__(self, kept: list[Tensor]):
        self.kept, self.plain = kept, AttnProcessor()

    def __call__(self, attention: Attention, places: Tensor, encoder_hidden_states: Tensor | None = None, **more: Any) -> Tensor:
        if encoder_hidden_states is not None:
            query, key = (
                attention.head_to_batch_dim(layer(x))
                for layer, x in ((attention.to_q, places), (attention.to_k, encoder_hidden_states))
            )
            weights = attention.get_attention_scores(query, key)  # (n heads, places, tokens)
            self.kept.append(weights.unflatten(0, (len(places), -1)).mean(1))
        return self.plain(attention, places, encoder_hidden_states, **more)


@contextmanager
def _watched(model: TextToImage) -> Iterator[list[Tensor]]:
    before, kept = model.unet.attn_processors, list[Tensor]()
    model.unet.set_attn_processor(_Watching(kept))
    try:
        yield kept
    finally:
        model.unet.set_attn_processor(before)


@torch.inference_mode()
def looked_at(model: TextToImage, caption: str, z: Tensor, timestep: int) -> tuple[list[str], Tensor]:
    """The tokens of the caption, its start and its end included, and the weight of each at each place of z.

    Args:
        z: one latent, (1, c, h, w), at the timestep.

    Returns:
        The tokens, and (tokens, h, w): at each place they sum to at most 1, the rest being what lies on the filling behind them.
    """
    with _watched(model) as kept:
        model.told([caption]).predict_noise(z, timestep)
    side = z.shape[-1]
    fine = [weights[0].T.unflatten(1, (side, side)) for weights in kept if weights.shape[1] == side**2]
    ids = model.tokenizer(caption).input_ids
    return model.tokenizer.convert_ids_to_tokens(ids), torch.stack(fine).mean(0)[: len(ids)]
