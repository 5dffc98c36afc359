"""Where do the images of fashion.npz come from?

6,000 of the 60,000 training images of Fashion-MNIST (Zalando SE, MIT licence), drawn from a seed, none of them twice,
at their full 28x28 and with their labels. The original files are Debian's package ``dataset-fashion-mnist``, or
https://github.com/zalandoresearch/fashion-mnist. The same files give the same archive, byte for byte:

    python -m helpers maintain make-fashion /usr/share/datasets/fashion-mnist
"""

import gzip
import zlib
from pathlib import Path

import numpy as np

from helpers.data.catalogue import FASHION_ARCHIVE
from helpers.errors import InvalidInput
from helpers.files import replacing

MAGIC = {"train-images-idx3-ubyte.gz": (2051, 16), "train-labels-idx1-ubyte.gz": (2049, 8)}


def read_idx(path: Path) -> np.ndarray:
    """The bytes after the header of one of the two files above.

    Raises:
        ValueError: not a file of the IDX format with the magic number that its name promises.
    """
    magic, header = MAGIC[path.name]
    try:
        content = gzip.decompress(path.read_bytes())
    except (gzip.BadGzipFile, EOFError, zlib.error):
        content = b""
    if len(content) <= header or int.from_bytes(content[:4], "big") != magic:
        raise InvalidInput(f"{path} is no IDX file with magic number {magic}; get the original again")
    return np.frombuffer(content, np.uint8, offset=header)


def make_fashion(folder: Path, output: Path = FASHION_ARCHIVE, images: int = 6000, seed: int = 0) -> Path:
    """Draw `images` distinct images from the originals in `folder` and write them, with their labels, to `output`."""
    pixels = read_idx(folder / "train-images-idx3-ubyte.gz").reshape(-1, 28, 28)
    labels = read_idx(folder / "train-labels-idx1-ubyte.gz")
    _, distinct = np.unique(pixels.reshape(len(pixels), -1), axis=0, return_index=True)
    chosen = np.random.default_rng(seed).permutation(np.sort(distinct))[:images]
    with replacing(output) as temporary:
        np.savez_compressed(temporary, images=pixels[chosen], labels=labels[chosen])
    return output
