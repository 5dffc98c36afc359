"""By what features should generated images be compared with real ones?

By those of a network that had to tell the classes apart. The usual one saw a million photographs and has to be downloaded;
for small pictures a small classifier, trained on the *auxiliary* images of the split, sees more. Its features are
standardised on those images: two classifiers otherwise differ in scale, and distances between features with them.
"""

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from helpers.data.splits import check_images
from helpers.errors import InvalidInput

FEATURES = 64


class Classifier(nn.Module):
    """Two convolutions and a layer of FEATURES numbers, from which the class of an image (n, channels, h, w) is read."""

    num_features = FEATURES
    centre: Tensor
    deviation: Tensor

    def __init__(self, classes: int = 10, channels: int = 1):
        super().__init__()
        self.body = nn.Sequential(
            *(nn.Conv2d(channels, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(4)),
            *(nn.Flatten(), nn.Linear(64 * 16, FEATURES)),
        )
        self.register_buffer("centre", torch.zeros(FEATURES))
        self.register_buffer("deviation", torch.ones(FEATURES))
        self.head = nn.Sequential(nn.ReLU(), nn.Dropout(0.5), nn.Linear(FEATURES, classes))

    def forward(self, images: Tensor) -> Tensor:
        """The features, standardised: (n, FEATURES)."""
        return (self.body(images) - self.centre) / self.deviation

    def classify(self, images: Tensor) -> Tensor:
        """Logits (n, classes)."""
        return self.head(self.body(images))


def train_classifier(images: Tensor, labels: Tensor, seed: int = 0, steps: int = 1000, progress: bool = True) -> Classifier:
    """A classifier of images (n, c, h, w) in [-1, 1] with labels (n,), in evaluation mode.

    Raises:
        ValueError: bad images, or another number of labels.
    """
    check_images(images)
    if labels.shape != images.shape[:1]:
        raise InvalidInput(f"one label per image: got {tuple(labels.shape)} for {len(images)}")
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Classifier(int(labels.max()) + 1, images.shape[1]).train()
        optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-2, fused=True)
        for _ in tqdm(range(steps), desc="classifier", disable=not progress, mininterval=1):
            rows = torch.randint(len(images), (128,), generator=generator)
            loss = nn.functional.cross_entropy(network.classify(images[rows]), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            features = torch.cat([network.body(x) for x in images.split(512)])
            network.centre.copy_(features.mean(0))
            network.deviation.copy_(features.std(0).clamp_min(1e-6))
    return network.eval()
