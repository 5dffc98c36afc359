"""Which images of a public data set does the model train on, and which does it never see?

Images come from the Hugging Face hub, or from a copy on disk: parquet files, what ``save_to_disk`` wrote, or a folder of
images. Only the rows of the split are read, one by one, into 8 bits a value, so that memory holds no more than the result.
Source: SecMI (arXiv 2302.01316) and its successors for half of the training images as members, and for split files.
"""

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from datasets import Dataset, Image, load_dataset, load_from_disk
from PIL import Image as Pillow
from PIL import ImageOps
from tqdm.auto import tqdm

from helpers.data.catalogue import DATASETS, HubSource
from helpers.data.row_order import SPLIT_ORDERS, can_be_shown, check_order, refuse_unknown
from helpers.data.splits import MembershipSplit, image_keys
from helpers.errors import InvalidInput, MissingFile, Unreachable


def load_public(  # noqa: PLR0913 - one setting each, with a default, given by name
    dataset: str,
    members: int,
    held_out: int,
    seed: int = 0,
    path: str | Path | None = None,
    split_file: str | Path | None = None,
    size: int = 32,
    channels: int = 3,
    progress: bool = True,
    ask_hub: Callable[..., Dataset] = load_dataset,
    split_order: str = "torchvision",
) -> MembershipSplit:
    """Members and held-out images (n, channels, size, size) in [-1, 1] of a data set of the catalogue, or of any at `path`.

    Args:
        seed: of the permutation that draws the split, unless a file says it.
        path: of a copy on disk; without one the hub is asked, the only time that this package uses the network.
        ask_hub: (name, split=...) -> its rows.
        split_file: .npz with the rows ``mia_train_idxs`` and ``mia_eval_idxs``; their first `members` and `held_out`.
        split_order: the order whose rows that file numbers: "torchvision", as files of the field do, and then the images have
            to show that they stand in it; or "copy", for a file that was made for these very rows.

    Raises:
        ValueError: an unknown data set and no path, too few images, no column of images, a split file that does not fit, or
            one whose rows may be other images here.
        FileNotFoundError: nothing at `path` or at `split_file`.
        ConnectionError: the hub cannot be reached.
    """
    known = {name: d.hub for name, d in DATASETS.items() if d.hub}
    if path is None and dataset not in known:
        raise InvalidInput(f"dataset must be one of {', '.join(known)}, or have a path, got {dataset!r}")
    source = known.get(dataset, HubSource(dataset))
    if split_order not in SPLIT_ORDERS:
        raise InvalidInput(f"split_order must be one of {', '.join(SPLIT_ORDERS)}, got {split_order!r}")
    order_matters = bool(split_file) and split_order == "torchvision"
    if order_matters:
        _refuse_before_reading(dataset, source, path)
    rows = open_images(path) if path else _from_hub(source, ask_hub)
    column = _image_column(rows)
    if order_matters:
        check_order(dataset, rows, column)
    chosen = read_split_file(split_file, len(rows)) if split_file else _draw(len(rows), seed, members)
    for name, wanted, found in (("members", members, chosen[0]), ("held_out", held_out, chosen[1])):
        if len(found) < wanted:
            raise InvalidInput(f"{wanted:,} {name} are wanted, the data set has {len(found):,} for them")
    read = [
        _read(rows, column, part[:count], (channels, size, size), source.crop, progress)
        for part, count in zip(chosen, (members, held_out), strict=True)
    ]
    read[1] = _without_members(*read)
    return MembershipSplit(*(torch.from_numpy(pixels).float() / 127.5 - 1 for pixels in read))


def _refuse_before_reading(dataset: str, source: HubSource, path: str | Path | None) -> None:
    if not can_be_shown(dataset):
        raise refuse_unknown(dataset)
    if not path and source.shuffled:
        raise InvalidInput(
            f"split files number rows in torchvision's order, the hub has {dataset} in another; give a copy in that order"
        )


def _from_hub(source: HubSource, ask: Callable[..., Dataset]) -> Dataset:
    try:
        return ask(source.name, split=source.split)
    except OSError as error:
        raise Unreachable(f"could not get {source.name} from the hub ({error}); a copy on disk would do, too") from error


def open_images(path: str | Path) -> Dataset:
    """A copy on disk: what ``save_to_disk`` wrote, parquet files, or a folder of images.

    Raises:
        FileNotFoundError: nothing there, or nothing that could be read.
    """
    folder = Path(path)
    if (folder / "dataset_info.json").exists():
        return load_from_disk(str(folder))
    if parquet := [str(p) for p in ([folder] if folder.suffix == ".parquet" else sorted(folder.rglob("*.parquet")))]:
        return load_dataset("parquet", data_files=parquet, split="train")
    if not folder.is_dir() or not any(p.is_file() for p in folder.rglob("*")):
        raise MissingFile(f"no data set at {folder}: it has neither dataset_info.json nor .parquet files nor images")
    return load_dataset("imagefolder", data_dir=str(folder), split="train", drop_labels=True)


def read_split_file(path: str | Path, images: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of members and of held-out images from a split file of the field.

    Raises:
        FileNotFoundError: no such file.
        ValueError: no such arrays, a row that is in both, or one beyond the data set's `images`.
    """
    with np.load(path, allow_pickle=False) as stored:
        missing = [name for name in ("mia_train_idxs", "mia_eval_idxs") if name not in stored]
        if missing:
            raise InvalidInput(f"{path} has no {', '.join(missing)}; it holds {', '.join(stored.files)}")
        members, held_out = stored["mia_train_idxs"], stored["mia_eval_idxs"]
    both = np.intersect1d(members, held_out)
    if len(both):
        raise InvalidInput(f"{path} has {len(both)} rows in both parts, such as {both[0]}")
    if max(members.max(), held_out.max()) >= images or min(members.min(), held_out.min()) < 0:
        raise InvalidInput(f"{path} names rows beyond the {images:,} images of the data set; it belongs to another one")
    return members, held_out


def _without_members(members: np.ndarray, held_out: np.ndarray) -> np.ndarray:
    known = set(image_keys(torch.from_numpy(members)))
    keep = np.array([key not in known for key in image_keys(torch.from_numpy(held_out))])
    if not keep.all():
        warnings.warn(f"{(~keep).sum()} held-out images are members, pixel for pixel; they were left out", stacklevel=3)
    return held_out[keep]


def _draw(images: int, seed: int, members: int) -> tuple[np.ndarray, np.ndarray]:
    order = torch.randperm(images, generator=torch.Generator().manual_seed(seed)).numpy()
    return order[:members], order[members:]


def _image_column(rows: Dataset) -> str:
    columns = [name for name, feature in rows.features.items() if isinstance(feature, Image)]
    if not columns:
        raise InvalidInput(f"no column of the data set holds images; there are {', '.join(rows.features)}")
    return columns[0]


def _read(rows: Dataset, column: str, chosen: np.ndarray, shape: tuple[int, int, int], crop: int, progress: bool) -> np.ndarray:
    channels, height, width = shape
    pixels = np.empty((len(chosen), *shape), np.uint8)
    for i, row in enumerate(tqdm(chosen, desc="reading", disable=not progress, mininterval=1)):
        image = rows[int(row)][column].convert("L" if channels == 1 else "RGB")
        if crop:
            left, top = (image.width - crop) // 2, (image.height - crop) // 2
            image = image.crop((left, top, left + crop, top + crop))
        image = ImageOps.fit(image, (width, height), Pillow.Resampling.BILINEAR)
        pixels[i] = np.asarray(image).reshape(height, width, channels).transpose(2, 0, 1)
    return pixels
