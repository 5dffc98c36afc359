"""What is the privacy paid with?

Reconstructions: PSNR = 10 log10(2² / mean squared error) and SSIM, image by image. Samples, by the features φ of
`helpers.evaluation.feature_network`, against real images that nobody trained on:

    Fréchet = ||m - m'||² + tr(C + C' - 2 (C C')^{1/2})           (m, C: mean and covariance of φ)
    precision: share of samples inside the real images' manifold;  recall: share of real images inside the samples'
    near copies: share of samples that are `helpers.data.near_copies.near_copies` of training images

A manifold is the union of balls around the images, each as large as the distance to its 3rd nearest neighbour.
Source: Wang et al. (2004) for SSIM; Heusel et al. (2017) for the distance; Kynkäänniemi et al. (2019), section 2, for
precision and recall.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import mean

import torch
from torch import Tensor, nn
from torchmetrics.functional.image import peak_signal_noise_ratio, structural_similarity_index_measure
from torchmetrics.image.fid import FrechetInceptionDistance

from helpers.data.near_copies import near_copies
from helpers.data.splits import check_images
from helpers.errors import InvalidInput

NEIGHBOURS = 3


@dataclass(frozen=True)
class Reconstruction:
    """Means over images: psnr in dB, ssim up to 1."""

    psnr: float
    ssim: float


@dataclass(frozen=True)
class SampleQuality:
    """frechet at least 0; the others are shares in [0, 1]."""

    frechet: float
    frechet_of_real: float  # between members and held-out images, as many: what no sample can be expected to beat
    precision: float
    recall: float
    near_copies: float
    near_copies_of_real: float  # the same share of real images, which are no copies: what chance gives

    def to_dict(self) -> dict[str, float]:
        return asdict(self)


def compare_reconstructions(images: Tensor, reconstructions: Tensor) -> Reconstruction:
    """PSNR and SSIM (windows of 7 x 7) of reconstructions against images, both (n, c, h, w) in [-1, 1].

    Raises:
        ValueError: no valid images, or two shapes.
    """
    check_images(images)
    check_images(reconstructions, "reconstructions")
    if images.shape != reconstructions.shape:
        raise InvalidInput(
            f"reconstructions must have the images' shape {tuple(images.shape)}, got {tuple(reconstructions.shape)}"
        )
    psnr = peak_signal_noise_ratio(reconstructions, images, data_range=2.0, dim=(1, 2, 3), reduction="elementwise_mean")
    ssim = structural_similarity_index_measure(reconstructions, images, data_range=2.0, gaussian_kernel=False, kernel_size=7)
    return Reconstruction(psnr.item(), ssim.item())


@torch.inference_mode()
def frechet_distance(network: nn.Module, real: Tensor, samples: Tensor) -> float:
    """The Fréchet distance between two groups of images, (n, c, h, w) and (m, c, h, w), under the network's features.

    It is biased upwards in small groups: compare only distances of groups of one size.

    Raises:
        ValueError: no valid images, or fewer than 2 in a group.
    """
    metric = FrechetInceptionDistance(feature=network)
    for images, is_real in ((real, True), (samples, False)):
        check_images(images)
        if len(images) < 2:
            raise InvalidInput(f"a Fréchet distance needs at least 2 images in each group, got {len(real)} and {len(samples)}")
        metric.update(images, real=is_real)
    return max(0.0, metric.compute().item())


def precision_and_recall(real: Tensor, samples: Tensor, neighbours: int = NEIGHBOURS) -> tuple[float, float]:
    """Precision and recall of features (n, d) of samples against those (m, d) of real images.

    Raises:
        ValueError: no more images than neighbours.
    """
    if min(len(real), len(samples)) <= neighbours:
        raise InvalidInput(f"each group needs more than {neighbours} images, got {len(real)} and {len(samples)}")
    return _share_inside(samples, real, neighbours), _share_inside(real, samples, neighbours)


def _share_inside(queries: Tensor, images: Tensor, neighbours: int) -> float:
    # The nearest of an image's own distances is the 0 to itself.
    radius = torch.cdist(images, images).kthvalue(neighbours + 1).values
    return (torch.cdist(queries, images) <= radius).any(1).float().mean().item()


@torch.inference_mode()
def judge_samples(networks: Sequence[nn.Module], samples: Tensor, real: Tensor, members: Tensor) -> SampleQuality:
    """All of `SampleQuality` for samples against as many held-out images, and members that were trained on.

    Classifiers do not agree on how far samples are from real images, by a factor of two: distances are means over several,
    and manifolds are those of the features of all.
    """
    of_real, of_samples = (torch.cat([network(images) for network in networks], 1) for images in (real, samples))
    precision, recall = precision_and_recall(of_real, of_samples)
    copied, real_copied = (near_copies(images, members)[0].float().mean().item() for images in (samples, real))
    frechet, frechet_of_real = (
        mean(frechet_distance(network, real, images) for network in networks) for images in (samples, members)
    )
    return SampleQuality(
        frechet=frechet,
        frechet_of_real=frechet_of_real,
        precision=precision,
        recall=recall,
        near_copies=copied,
        near_copies_of_real=real_copied,
    )
