"""Which denoiser lies in this folder, and is it safe to read?

``load_pipeline`` makes a denoiser of what ``save_pretrained`` of diffusers wrote. Nothing of a stranger's runs: weights are
safetensors by their content, classes are those that an adapter names, and no file is fetched from anywhere.

To add a family of models, write one module of some thirty lines that ends in a `Family`: the classes of its pipelines, the
components they consist of, and ``build(parts)``, which takes the components from ``parts`` and returns a `LoadedModel`. Its
denoiser is a `PathDenoiser` (`helpers.models.paths`) on the path that ``path_of(parts.scheduler())`` tells, behind an autoencoder
where there is one (`latents.behind`). What is particular to the family, how the network is called, is the ``asked`` of that
denoiser. Then add it to ``FAMILIES`` in `helpers.models.pretrained.families`, and test it against plain diffusers
code.
"""

from helpers.models.pretrained.families import FAMILIES
from helpers.models.pretrained.family import Family
from helpers.models.pretrained.loaded import LoadedModel
from helpers.models.pretrained.open import load_pipeline
from helpers.models.pretrained.source import DTYPES, Source, source_of

__all__ = ["DTYPES", "FAMILIES", "Family", "LoadedModel", "Source", "load_pipeline", "source_of"]
