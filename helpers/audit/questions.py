"""What is asked of a model, batch by batch, and what is known already?"""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from helpers.audit.control import check_rankable
from helpers.audit.ledger import Ledger
from helpers.audit.settings import Settings, attack_named
from helpers.data.folders import ImageFolder
from helpers.errors import InvalidInput
from helpers.models.pretrained import LoadedModel

GROUPS = ("members", "held_out")
WORDLESS = (
    "{} has no captions; put a .txt of the same name beside each image, or a metadata.csv into the folder, or use empty prompts"
)
CLASSLESS = (
    "{} has no labels, and this model cannot be asked without; sort its images into one folder a class, named by its number or "
    "name, or add a metadata.csv with a column label, or give one class for all as the prompt"
)


def for_model(folder: ImageFolder, settings: Settings, model: LoadedModel, name: str) -> tuple[ImageFolder, Settings]:
    """The folder with what this model is told of each image as its captions, and the settings with what it has to be told.

    A model of classes is told the labels of images, where the folder has any; one that cannot do without is always told them.

    Args:
        name: of the folder, for an error.

    Raises:
        ValueError: captions or labels are asked for, and there are none.
    """
    if model.tell_labels is not None and not any(folder.captions):
        folder = replace(folder, captions=folder.labels)
    if model.needs_labels and settings.prompts == "empty":
        settings = replace(settings, prompts="captions")
    if settings.prompts == "captions" and not any(folder.captions):
        raise InvalidInput((CLASSLESS if model.needs_labels else WORDLESS).format(name))
    return folder, settings


@dataclass(frozen=True)
class Questions:
    """The attack's questions to a model about the images of two folders.

    Args:
        folders: by the names of GROUPS.
        ledger: knows what has been asked before.
        name: under which the ledger keeps a second model's answers apart; "" for the audited one.
    """

    model: LoadedModel
    folders: dict[str, ImageFolder]
    settings: Settings
    ledger: Ledger
    name: str = ""

    def calibrate(self, rows: dict[str, np.ndarray], progress: bool) -> dict[str, np.ndarray]:
        """Scores of the rows of both folders at each timestep, (T, len(rows)) by the names of GROUPS."""
        found: dict[str, list[np.ndarray]] = {group: [] for group in GROUPS}
        with self._bar("calibration", len(self.settings.asked), rows, progress) as bar:
            for t in self.settings.asked:
                for group in GROUPS:
                    found[group].append(self.scores(f"t{t}", group, rows[group], t, bar))
        return {group: np.stack(scores) for group, scores in found.items()}

    def evaluate(self, rows: dict[str, np.ndarray], timestep: int, progress: bool) -> dict[str, np.ndarray]:
        """Scores of the rows of both folders at one timestep, (len(rows),) by the names of GROUPS."""
        with self._bar("evaluation", 1, rows, progress) as bar:
            return {group: self.scores(f"evaluation.t{timestep}", group, rows[group], timestep, bar) for group in GROUPS}

    def _bar(self, name: str, times: int, rows: dict[str, np.ndarray], progress: bool) -> tqdm:
        """One bar over all that is asked, so that the first batch tells how long the last one takes."""
        total = times * sum(len(rows[group]) for group in GROUPS)
        return tqdm(desc=name, total=total, unit=" images", disable=not progress, mininterval=0.5)

    def scores(self, stage: str, group: str, rows: np.ndarray, timestep: int, bar: tqdm | None = None) -> np.ndarray:
        """Scores of the rows of a folder, (len(rows),), batch by batch; a batch that the ledger knows is not asked again.

        Args:
            bar: is told of each image that is done.

        Raises:
            ValueError: scores by which images cannot be ranked.
        """
        found, size = [], self.settings.batch_size
        for start in range(0, len(rows), size):
            batch = rows[start : start + size]
            ask = partial(self._ask, group, batch, timestep)
            found.append(self.ledger.get(f"{self.name}{stage}.{group}.{start}", ask, len(batch)))
            if bar is not None:
                bar.update(len(batch))
        joined = np.concatenate(found)
        check_rankable(joined, f"{group.replace('_', '-')} images at timestep {timestep}")
        return joined

    def _ask(self, group: str, batch: np.ndarray, timestep: int) -> np.ndarray:
        folder, settings = self.folders[group], self.settings
        captions = [folder.captions[i] for i in batch] if settings.prompts == "captions" else []
        denoiser = self.model.under(settings.prompts, captions)
        asking: dict[str, Any] = {"timestep": timestep, "batch_size": settings.batch_size, "seed": settings.seed + int(batch[0])}
        attack = replace(attack_named(settings.attack), **asking)
        return attack.score(denoiser, folder.images[batch]).double().cpu().numpy()
