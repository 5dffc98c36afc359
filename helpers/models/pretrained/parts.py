"""Which components does this model consist of, and how is each of them read?

``model_index.json`` is read here and not by diffusers: a class is imported only where a family names it, and nothing is read that
no adapter asks for.
"""

import importlib
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import nn

from helpers.errors import InvalidInput, MissingFile
from helpers.models.kept import Kept
from helpers.models.pretrained.family import Family
from helpers.models.pretrained.lora import Lora
from helpers.models.pretrained.safe_files import TOKENIZER_FILES, find_weights, read_config, shown

# What diffusers notes in the config of averaged weights: how they were averaged.
AVERAGING = ("decay", "inv_gamma", "min_decay", "optimization_step", "power", "update_after_step", "use_ema_warmup")
MOST_TIMESTEPS = 1_000_000  # a schedule holds several numbers for each
LAST = ("conv_out", "proj_out", "proj_out_2")  # as networks of diffusers name what they say last
DTYPES = {"F32": "float32", "F16": "float16", "BF16": "bfloat16", "F64": "float64"}


@dataclass
class Parts:
    """The components of a model on disk. Each is read when an adapter asks for it, and the files are remembered.

    Args:
        folder: of the model.
        kind: the pipeline's class.
        index: component -> [library, class], and settings, as in model_index.json.
        base: of another model, where components are taken from that this one lacks.
        size: (h, w) of the images, where the caller says so.
        dtype: in which networks compute.
        variant: which weights are read, "fp16" for example; by default the plain ones, or the only variant there is.
        lora: low-rank weights to apply, or None.
    """

    folder: Path
    kind: str
    family: Family
    index: dict[str, Any]
    base: Path | None = None
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    dtype: torch.dtype = torch.float32
    variant: str | None = None
    size: tuple[int, int] | None = None
    lora: Lora | None = None
    own: dict[str, Path] = field(default_factory=dict)  # component -> its folder, where that has another name
    files: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    latents: Kept = field(default_factory=Kept)  # of images that were encoded, whatever the network was told of them
    variants: set[str] = field(default_factory=set)  # of the weights that were read

    def __post_init__(self):
        self.check()

    def check(self) -> None:
        """Refuse components that the family does not know, before any class is imported.

        Raises:
            ValueError: a component of another name, or of another class, or one that is missing.
        """
        family = self.family
        for name, value in self.index.items():
            if name.startswith("_") or name in family.unneeded or not is_component(value):
                continue
            wanted, got = family.components.get(name), f"{value[0]}.{value[1]}"
            if got == "None.None":
                continue
            if wanted is None:
                raise InvalidInput(f"{self.where} names a component {name!r}, {value}, which a {self.kind} does not have")
            if got not in wanted:
                raise InvalidInput(f"{self.where} names a component {value} as its {name}; known are {', '.join(wanted)}")
        known = {*family.components, *family.unneeded, *family.settings}
        unknown = [name for name in self.index if not name.startswith("_") and name not in known and not self.has(name)]
        unknown = [name for name in unknown if self.index[name] is not None and not is_component(self.index[name])]
        if unknown:
            self.notes.append(f"{self.where} sets {', '.join(unknown)}, which this program does not know")
        missing = [name for name in family.components if name not in family.optional and not self.has(name)]
        if missing:
            raise InvalidInput(f"{self.where} names no {', no '.join(missing)}; {_rest(self.base)}")

    @property
    def where(self) -> str:
        """The file, or the folder, that says what the components are."""
        if (self.folder / "model_index.json").exists():
            return "its model_index.json"
        return f"the base's model_index.json, {self.base}," if self.base else str(self.folder)

    def has(self, name: str) -> bool:
        """Does the model have this component?"""
        value: Any = self.index.get(name)
        return is_component(value) and value[0] is not None

    def place(self, name: str) -> Path:
        """The component's folder: the model's own, or the base's.

        Raises:
            FileNotFoundError: neither has it.
        """
        places = [self.own.get(name, self.folder / name), *([self.base / name] if self.base else [])]
        for place in places:
            if place.is_dir():
                if place != places[0]:
                    self.note(f"{name}: the base's, from {place}")
                elif place.name == f"{name}_ema":
                    self.note(f"{name}: the averaged weights, from {place.name}")
                elif (averaged := place.with_name(f"{name}_ema")).is_dir():
                    self.note(f"{name}: not the averaged weights of {averaged.name}; name {averaged} itself to ask about those")
                return place
        raise MissingFile(f"no folder {places[0]}, which {self.where} names; {_rest(self.base)}")

    def note(self, sentence: str) -> None:
        """Say it in the report, once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def _class(self, name: str) -> Any:
        library, cls = self.index[name]
        found = getattr(importlib.import_module(library), cls, None)
        if found is None:
            raise InvalidInput(f"{library} {importlib.import_module(library).__version__} has no {cls}; install a newer one")
        return found

    def config(self, name: str) -> dict[str, Any]:
        """The component's config, as plain data.

        Raises:
            ValueError: no JSON, a quantised network, or the config of another class.
        """
        path = self.place(name) / ("scheduler_config.json" if self._is("Scheduler", name) else "config.json")
        config = read_config(path)
        named = config.get("_class_name")
        wanted = {cls.rpartition(".")[2] for cls in self.family.components[name]}
        if named is not None and named not in wanted:
            raise InvalidInput(f"{path} is the config of a {named}; known as a {name} are {', '.join(sorted(wanted))}")
        self.files.append(path)
        return config

    def _is(self, kind: str, name: str) -> bool:
        return kind in self.index[name][1]

    def scheduler(self, name: str = "scheduler") -> Any:
        """The scheduler, by its own config."""
        config = self.config(name)
        cls = self._class(name)
        self._unknown_settings(name, cls, config)
        if isinstance(length := config.get("num_train_timesteps"), int) and length > MOST_TIMESTEPS:
            raise InvalidInput(f"{name}: {length:,} timesteps are more than {MOST_TIMESTEPS:,}; its config is damaged")
        with _quietly("diffusers"):
            return cls.from_config(config)

    def tokenizer(self, name: str = "tokenizer") -> Any:
        """A tokenizer, from the files that tokenizers have."""
        place = self.place(name)
        files = [place / file for file in TOKENIZER_FILES if (place / file).is_file()]
        if not files:
            raise MissingFile(f"no tokenizer in {place}: none of {', '.join(TOKENIZER_FILES)}")
        if not {"tokenizer.json", "vocab.json", "vocab.txt"} & {file.name for file in files} and not find_spec("sentencepiece"):
            raise InvalidInput(f"{name}: {files[0].name} is of a kind that is read by sentencepiece; pip install sentencepiece")
        self.files += files
        with shown(None, None, "transformers", files) as folder:
            return self._class(name).from_pretrained(folder, local_files_only=True)

    def network(self, name: str, dtype: torch.dtype | None = None) -> Any:
        """A network with its weights, on the device, in evaluation mode.

        Args:
            dtype: other than that of the model: an autoencoder, for example, can overflow in half precision.

        Raises:
            ValueError: pickled or damaged weights, a tensor that is missing, or weights that are degenerate.
        """
        (library, _), place, dtype = self.index[name], self.place(name), dtype or self.dtype
        config = self.config(name)
        weights = find_weights(place, library, self.variant)
        self.files += [*weights.shards, *([weights.source] if weights.source else [])]
        asked: dict[str, Any] = {"use_safetensors": True, "local_files_only": True, "output_loading_info": True}
        asked |= {"torch_dtype": dtype} if library == "diffusers" else {"dtype": dtype}
        with shown(config, weights, library, []) as folder, _quietly("diffusers", library):
            cls = self._class(name)
            network, info = cls.from_pretrained(folder, **asked)
        if library == "diffusers":
            self._unknown_settings(name, type(network), config)
        self._check_loaded(name, network, info)
        self._apply_lora(name, network)
        self.variants.add(weights.variant)
        self._name_weights(name, weights.variant, weights.dtypes, dtype)
        return network.to(self.device).eval()

    def _check_loaded(self, name: str, network: nn.Module, info: dict[str, Any]) -> None:
        missing = sorted(info["missing_keys"])
        if missing:
            lacking = f"{len(missing)} tensors, {missing[0]} first"
            raise InvalidInput(f"{name}: its weights lack {lacking}; they are another network's, or were not saved whole")
        unexpected = [key for key in sorted(info["unexpected_keys"]) if not key.endswith("position_ids")]
        if unexpected:
            self.note(f"{name}: {len(unexpected)} tensors of its weights belong to no layer, {unexpected[0]} first; not used")
        check_tensors(name, network)

    def _apply_lora(self, name: str, network: nn.Module) -> None:
        if self.lora and (note := self.lora.apply(name, network)):
            self.note(note)
            self.files += self.lora.files

    def _name_weights(self, name: str, variant: str, stored: list[str], dtype: torch.dtype) -> None:
        if self.variant and not variant:
            self.note(f"{name}: the plain weights, since it has none of the variant {self.variant}")
        if variant:
            self.note(f"{name}: the weights are those of the variant {variant}")
        formats = [DTYPES.get(dtype_, dtype_) for dtype_ in stored]
        if formats != [str(dtype).removeprefix("torch.")]:
            self.note(f"{name}: stored in {' and '.join(formats)}, computed in {str(dtype).removeprefix('torch.')}")

    def _unknown_settings(self, name: str, cls: Any, config: dict[str, Any]) -> None:
        known = {*inspect.signature(cls.__init__).parameters, *AVERAGING}
        unknown = [key for key, value in config.items() if value and not key.startswith("_") and key not in known]
        if unknown:
            self.note(f"{name}: {cls.__name__} does not know the settings {', '.join(unknown)}; they have no effect")


def check_tensors(name: str, network: nn.Module) -> None:
    """Refuse weights with which nothing can be said about any image.

    Raises:
        ValueError: NaN or infinite values, or a last layer of zeros.
    """
    for key, tensor in (*network.named_parameters(), *network.named_buffers()):
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise InvalidInput(f"{name}: {key} holds NaN or infinite values; they are damaged, or overflowed half precision")
    # A norm's zeros are ones to some text encoders, so that a layer counts that mixes channels.
    layers = [key for key, module in network.named_modules() if isinstance(module, (nn.Linear, nn.Conv2d))]
    for key in [*(key for key in layers if key in LAST), *layers[-1:]]:
        if not any(parameter.any() for parameter in network.get_submodule(key).parameters()):
            raise InvalidInput(f"{name}: its last layer, {key}, is all zeros, so that it says the same of every image")


def refuse_settings(name: str, config: Any, **known: Any) -> None:
    """Refuse a network that wants more than an adapter tells it.

    Args:
        known: setting -> the only value that the adapter understands, apart from one that is absent.

    Raises:
        ValueError: another value.
    """
    for key, value in known.items():
        got = config.get(key, value)
        if got != value:
            raise InvalidInput(f"{name}: its setting {key} is {got!r}, and only {value!r} is understood here")


def is_component(value: Any) -> bool:
    """Is this value of model_index.json a component, [library, class], and no setting?"""
    return isinstance(value, list) and len(value) == 2 and all(part is None or isinstance(part, str) for part in value)


def _rest(base: Path | None) -> str:
    return f"{base} has none, either" if base else "name a model that has it with base= (--base)"


@contextmanager
def _quietly(*libraries: str) -> Iterator[None]:
    """Without the libraries' bars and warnings: what they say is said in the notes."""
    logs = [importlib.import_module(f"{library}.utils.logging") for library in libraries]
    levels = [log.get_verbosity() for log in logs]
    for log in logs:
        log.disable_progress_bar()
        log.set_verbosity_error()
    try:
        yield
    finally:
        for log, level in zip(logs, levels, strict=True):
            log.enable_progress_bar()
            log.set_verbosity(level)
