"""Which of two kinds of picture is this? A small residual network that answers after a minute of training.

Its output is the logit of "member"; it sees pictures divided by their mean over the training pictures, so that tiny
differences and large ones train alike.
"""

import torch
from torch import Tensor, nn


class SmallResNet(nn.Module):
    """Two residual blocks of 16 channels, averaged over the picture: (n, c, h, w) -> (n,) logits.

    Args:
        channels: c.
        scale: (c, h, w), what pictures are divided by.
    """

    scale: Tensor

    def __init__(self, channels: int, scale: Tensor):
        super().__init__()
        self.register_buffer("scale", scale)
        self.stem = nn.Conv2d(channels, 16, 3, padding=1)
        self.blocks = nn.ModuleList(_block() for _ in range(2))
        self.head = nn.Linear(16, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x.float() / self.scale)
        for block in self.blocks:
            x = x + block(x)
        return self.head(x.relu().mean((2, 3)))[:, 0]


def _block() -> nn.Sequential:
    convolution = [nn.GroupNorm(4, 16), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1)]
    return nn.Sequential(*convolution, nn.GroupNorm(4, 16), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1))


def fit_resnet(members: Tensor, held_out: Tensor, seed: int = 0, steps: int = 300, batch_size: int = 64) -> SmallResNet:
    """Train on pictures (n, c, h, w) of members, label 1, and (m, c, h, w) of held-out images, label 0."""
    x, device = torch.cat([members, held_out]).float(), members.device
    labels = torch.cat([torch.ones(len(members)), torch.zeros(len(held_out))]).to(device)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = SmallResNet(x.shape[1], x.mean(0).clamp_min(1e-12)).to(device)
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-2)
    generator = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        rows = torch.randint(len(x), (batch_size,), generator=generator).to(device)
        loss = nn.functional.binary_cross_entropy_with_logits(network(x[rows]), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network.eval()
