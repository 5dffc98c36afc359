"""How are the images of a folder scored, on one process or on several, and resumed after an interruption?

Images go to the processes batch by batch, and the scores come back in order.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from accelerate import Accelerator
from accelerate.utils import gather_object
from torch import Tensor
from tqdm.auto import tqdm

from helpers.attacks.relative_to_base import relative_scores
from helpers.audit.control import check_finite
from helpers.audit.fitting import load_for
from helpers.audit.ledger import EVERY, Ledger, hash_images, hash_model
from helpers.audit.questions import for_model
from helpers.audit.settings import Settings, attack_named
from helpers.audit.workplace import check_file
from helpers.data.folders import Images, read_folder
from helpers.files import replacing
from helpers.fingerprints import fingerprint
from helpers.models.pretrained import LoadedModel, Source, source_of


@dataclass(frozen=True)
class Asking:
    """What decides the scores, apart from model and images.

    Args:
        attack: see `helpers.audit.settings.attack_named`.
        timestep: at which the model is asked.
        prompts: "captions" of the images, "empty", or one text for all; for a model that takes prompts, or labels.
        seed: of noise.

    Raises:
        ValueError: an unknown attack, other prompts, or no image in a batch.
    """

    attack: str = "sima"
    timestep: int = 50
    batch_size: int = 64
    prompts: str = "empty"
    seed: int = 0

    def __post_init__(self):
        Settings(self.attack, (self.timestep,), self.prompts, self.seed, self.batch_size)


def score_folder(
    model: Path | Source,
    images: Path,
    asking: Asking,
    output: Path | None = None,
    resume: bool = True,
    every: float = EVERY,
    device: str | None = None,
) -> pd.DataFrame:
    """Scores of the images in a folder: columns "image" and "score", and "relative" where the model has a base; on every process.

    Args:
        output: a .csv for them. Until it is written, each process notes its part beside it, and an interrupted run goes on
            from there, on any number of processes.
        resume: or begin anew.
        every: seconds between two notes of what is done.
        device: by default the one that accelerate gives each process.

    Raises:
        ValueError, FileNotFoundError: as `load_pipeline` and `read_folder`; a timestep that the model does not have, captions
            where there are none, scores that are no numbers, or an output that cannot be written.
    """
    if output:
        check_file(output)
    accelerator = Accelerator(cpu=device == "cpu")
    loaded = load_for(source_of(model), [images], device or accelerator.device)
    settings = Settings(asking.attack, (asking.timestep,), asking.prompts).on(loaded.denoiser.alphas_cumprod)
    folder = read_folder(images, loaded.image_shape, accelerator.is_main_process)
    folder, settings = for_model(folder, settings, loaded, "the folder")
    attack = replace(attack_named(asking.attack), timestep=asking.timestep, batch_size=asking.batch_size)

    def ask(model: LoadedModel, start: int, x: Tensor) -> Tensor:
        denoiser = model.under(settings.prompts, folder.captions[start : start + len(x)])
        return replace(attack, seed=asking.seed + start).score(denoiser, x)

    for model_asked in filter(None, (loaded, loaded.reference)):
        model_asked.prepare(asking.prompts, folder.captions)
    ledger = None
    if output:
        key = {
            "model": hash_model(loaded),
            "reference": hash_model(loaded.reference) if loaded.reference else "",
            "images": hash_images(folder),
            "asking": repr(asking),
            "code": fingerprint("helpers.audit.scoring"),
        }
        ledger = _ledger(output, key | {"precision": accelerator.mixed_precision}, accelerator, resume, every)

    def scores_of(model: LoadedModel, name: str) -> np.ndarray:
        how = (folder.images, asking.batch_size, accelerator, ledger)
        scores = score_batches(partial(ask, model), *how, progress=True, name=name)
        check_finite(scores, f"the images at timestep {asking.timestep}")
        return scores

    table = pd.DataFrame({"image": folder.names, "score": scores_of(loaded, "")})
    if loaded.reference:
        table["relative"] = relative_scores(table["score"].to_numpy(), scores_of(loaded.reference, "base."))
    if output and accelerator.is_main_process:
        with replacing(output) as temporary:
            table.to_csv(temporary, index=False)
        for part in _parts(output):
            part.unlink()
    return table


def _parts(output: Path) -> list[Path]:
    return sorted(output.parent.glob(f"{output.stem}.part-*.npz"))


def _ledger(output: Path, key: dict[str, str], accelerator: Accelerator, resume: bool, every: float) -> Ledger:
    """This process's ledger, which knows what all of an interrupted run's knew."""
    if not resume and accelerator.is_main_process:
        for part in _parts(output):
            part.unlink()
    accelerator.wait_for_everyone()
    known = {name: value for part in _parts(output) for name, value in Ledger(part, key).known.items()}
    accelerator.wait_for_everyone()
    ledger = Ledger(output.with_suffix(f".part-{accelerator.process_index}.npz"), key, every)
    ledger.known = known
    return ledger


def score_batches(
    score: Callable[[int, Tensor], Tensor],
    images: Tensor | Images,
    batch_size: int,
    accelerator: Accelerator,
    ledger: Ledger | None = None,
    progress: bool = False,
    name: str = "",
) -> np.ndarray:
    """Scores (n,) of images (n, ...), on every process: batch i is scored by process i mod their number.

    Args:
        score: must give a batch the same scores on whichever process. It runs in accelerate's precision.
        ledger: where this process finds batches that are known, and notes those it has scored.
        name: under which the ledger keeps a second model's answers apart.
        progress: show a bar for the first process's share.
    """
    starts = range(0, len(images), batch_size)
    own = starts[accelerator.process_index :: accelerator.num_processes]
    quiet = not (progress and accelerator.is_main_process)

    def ask(start: int) -> np.ndarray:
        with accelerator.autocast():
            return score(start, images[start : start + batch_size]).double().cpu().numpy()

    found = {}
    share = sum(len(images[start : start + batch_size]) for start in own)
    with tqdm(desc="scoring", total=share, unit=" images", disable=quiet, mininterval=1) as bar:
        for start in own:
            length = len(images[start : start + batch_size])
            found[start] = ledger.get(f"{name}{start}", partial(ask, start), length) if ledger else ask(start)
            bar.update(len(found[start]))
    if ledger:
        ledger.save()
    gathered = dict(gather_object(list(found.items())))
    return np.concatenate([gathered[start] for start in starts])
