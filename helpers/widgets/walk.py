"""What does one number of the latent do to the image?"""

from collections.abc import Sequence

import anywidget
import torch
import traitlets
from torch import Tensor

from helpers.data.labels import what_is_shown
from helpers.data.splits import check_images
from helpers.errors import InvalidInput
from helpers.files import to_8_bits
from helpers.models.geometry import jacobian
from helpers.models.latent import LatentDenoiser
from helpers.widgets.source import script, style

OFFSETS = tuple(v / 2 for v in range(-6, 7))
STOPS = (
    0.0,
    0.05,
    0.25,
    0.5,
    0.75,
    1.0,
)  # of the slider over dimensions, from the most to the least influential, as RANKS in walk.js


class LatentWalk(anywidget.AnyWidget):
    """One latent dimension at a time is moved, and the decoded image follows.

    The local distortion of dimension i is ||J e_i||, J the decoder's Jacobian at the image's latent z: how far, in pixels'
    root sum of squares, the image goes per unit of z_i.

    Args:
        denoiser: whose autoencoder is walked.
        images: (n, 1, h, h) in [-1, 1]; the reader picks one.
        offsets: of a dimension; 0 among them.

    Raises:
        ValueError: images that are no valid grey square batch, or do not fit the autoencoder.
    """

    _esm = script("walk")
    _css = style()
    images = traitlets.Bytes().tag(sync=True)  # uint8 (n, h, h)
    names = traitlets.List().tag(sync=True)  # what each image shows, "a coat", or ""
    size = traitlets.Int().tag(sync=True)
    distortions = traitlets.List().tag(sync=True)  # [n][channel][row][column]
    dimensions = traitlets.List().tag(sync=True)  # [n][stop]: flat index of z
    offsets = traitlets.List().tag(sync=True)
    decoded = traitlets.Bytes().tag(sync=True)  # uint8 (n, stops, offsets, h, h)
    moved = traitlets.List().tag(sync=True)  # [n][stop][offset]: ||D(z + δ e_i) - D(z)||

    def __init__(self, denoiser: LatentDenoiser, images: Tensor, offsets: Sequence[float] = OFFSETS):
        check_images(images)
        if images.shape[1] != 1 or images.shape[2] != images.shape[3]:
            raise InvalidInput(f"the walk draws grey square images (n, 1, h, h), got {tuple(images.shape)}")
        with torch.no_grad():
            z = denoiser.encode(images)
        distortion = jacobian(denoiser.decode, z).square().sum(1).sqrt().detach()  # (n, dims)
        order = distortion.argsort(1, descending=True)
        stops = [round(share * (order.shape[1] - 1)) for share in STOPS]
        dimensions = order[:, stops]  # (n, stops)
        with torch.no_grad():
            steps = torch.eye(order.shape[1])[dimensions][:, :, None] * torch.tensor(offsets)[None, None, :, None]
            walked = z.flatten(1)[:, None, None] + steps  # (n, stops, offsets, dims)
            decoded = denoiser.decode(walked.reshape(-1, *z.shape[1:])).reshape(*walked.shape[:3], *images.shape[2:])
        moved = (decoded - decoded[:, :, offsets.index(0.0), None]).flatten(3).norm(dim=3)
        super().__init__(
            images=_levels(images[:, 0]),
            names=what_is_shown(images),
            size=images.shape[-1],
            distortions=[[[[round(v, 4) for v in r] for r in c] for c in d] for d in distortion.reshape(z.shape).tolist()],
            dimensions=dimensions.tolist(),
            offsets=list(offsets),
            decoded=_levels(decoded),
            moved=[[[round(v, 4) for v in m] for m in s] for s in moved.tolist()],
        )


def _levels(images: Tensor) -> bytes:
    return to_8_bits(images).tobytes()
