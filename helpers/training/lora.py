"""What does fine-tuning change when it may change only a little?

Low-rank adaptation leaves each weight W (m, n) as it is and learns a product of two thin matrices beside it:

    W' = W + (α / r) B A,   A (r, n) drawn at random,  B (m, r) zero at first

so that a fine-tune is a file of a few hundred kilobytes, which somebody else puts on top of the same base model.
Source: Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models" (arXiv 2106.09685), equation 3; here α = r.
"""

from copy import deepcopy
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model_state_dict, inject_adapter_in_model
from safetensors.torch import save_file
from torch import Tensor, nn
from tqdm.auto import tqdm

from helpers.data.splits import check_images
from helpers.errors import InvalidInput
from helpers.files import replacing
from helpers.models.denoisers import UNetDenoiser

LORA_FILE = "pytorch_lora_weights.safetensors"  # as diffusers names it


def train_lora(
    denoiser: UNetDenoiser, images: Tensor, rank: int = 4, steps: int = 300, learning_rate: float = 3e-3, seed: int = 0
) -> dict[str, Tensor]:
    """A LoRA beside every convolution and every linear layer of the denoiser's network, trained on `images`.

    Args:
        denoiser: the base; it is left as it is.
        images: (n, c, h, w) in [-1, 1], or latents in the denoiser's scale.
        rank: r of the module's equation, at least 1.

    Returns:
        A and B of each layer, named as diffusers names them.

    Raises:
        ValueError: bad images, or a rank below 1.
    """
    check_images(images)
    if rank < 1:
        raise InvalidInput(f"rank must be at least 1, got {rank}")
    torch.manual_seed(seed)  # peft draws A from the global generator
    network = deepcopy(denoiser.unet)
    layers = [name for name, layer in network.named_modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    network = inject_adapter_in_model(LoraConfig(r=rank, lora_alpha=rank, target_modules=layers), network).train()
    optimizer = torch.optim.AdamW([p for p in network.parameters() if p.requires_grad], lr=learning_rate)
    draw = torch.Generator().manual_seed(seed)
    for _ in tqdm(range(steps), desc="LoRA", mininterval=1):
        rows = torch.randint(len(images), (64,), generator=draw)
        timestep = torch.randint(len(denoiser.alphas_cumprod), (64,), generator=draw)
        noise = torch.randn(64, *images.shape[1:], generator=draw)
        noisy = denoiser.scheduler.add_noise(images[rows], noise, timestep)
        loss = nn.functional.mse_loss(network(noisy, timestep).sample, noise)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return {f"unet.{name}": value.detach().contiguous() for name, value in get_peft_model_state_dict(network).items()}


def save_lora(weights: dict[str, Tensor], folder: Path) -> Path:
    """Write the LoRA into the folder under diffusers' name, all or nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / LORA_FILE) as temporary:
        save_file(weights, temporary, {"format": "pt"})
    return folder / LORA_FILE
