"""What does a LoRA change in which layers, and does it belong to this model?

    W' = W + α / r · B A,    A (r, in), B (out, r)

Sources: Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models" (2022). Files are those of diffusers and of peft, and
others, kohya's for example, as diffusers itself converts them.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import diffusers
import torch
from diffusers.utils import convert_unet_state_dict_to_peft
from diffusers.utils.state_dict_utils import convert_state_dict_to_diffusers, convert_state_dict_to_peft
from peft import LoraConfig, inject_adapter_in_model, set_peft_model_state_dict
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

from helpers.errors import InvalidInput, MissingFile
from helpers.files import folded
from helpers.models.pretrained.safe_files import header, read_json

NAMES = ("pytorch_lora_weights.safetensors", "adapter_model.safetensors")
DENOISERS = ("unet", "transformer")
COMPONENTS = (*DENOISERS, "text_encoder", "text_encoder_2", "text_encoder_3")
LOW_RANK = re.compile(r"(.+)\.lora_(A|B|embedding_A|embedding_B|magnitude_vector)(\.weight|\.bias|)$")


@dataclass
class Lora:
    """Low-rank weights, by the component that they change.

    Args:
        files: the weights, and their config where there is one.
        tensors: component -> "layer.lora_A.weight" -> (r, in), and so on; α / r is in B.
    """

    files: list[Path]
    tensors: dict[str, dict[str, Tensor]]
    applied: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """The file's name."""
        return self.files[0].name

    def apply(self, component: str, network: nn.Module) -> str:
        """Put the weights into a network; in words what they change, "" for nothing in this component.

        Raises:
            ValueError: layers that the network does not have, or of another size there.
        """
        found = self.tensors.get(component)
        if not found:
            return ""
        if not hasattr(network, "text_model"):  # newer versions of transformers have one level less
            found = {key.removeprefix("text_model."): value for key, value in found.items()}
        ranks = self._check(component, network, found)
        usual = Counter(ranks.values()).most_common(1)[0][0]
        others = {f"^{re.escape(layer)}": rank for layer, rank in ranks.items() if rank != usual}
        config = LoraConfig(
            r=usual, lora_alpha=usual, rank_pattern=others, alpha_pattern=dict(others),
            target_modules="|".join(re.escape(layer) for layer in ranks),
            use_dora=any("magnitude" in key for key in found), lora_bias=any(key.endswith("lora_B.bias") for key in found),
        )  # fmt: skip
        inject_adapter_in_model(config, network)
        left = cast(Any, set_peft_model_state_dict(network, found)).unexpected_keys
        if left:
            raise InvalidInput(f"{self.name}: {left[0]} has no place in the {component}")
        self.applied.add(component)
        targets = ", ".join(sorted({re.sub(r".*?([^.]+(\.\d+)?)$", r"\1", layer) for layer in ranks}))
        rank = "/".join(map(str, sorted(set(ranks.values()))))
        return f"{self.name}: rank {rank} on {len(ranks)} layers of {component}: {targets}"

    def _check(self, component: str, network: nn.Module, found: dict[str, Tensor]) -> dict[str, int]:
        """Layer -> rank."""
        there, ranks = dict(network.named_modules()), {}
        layers = sorted({match[1] for key in found if (match := LOW_RANK.match(key))})
        strange = [layer for layer in layers if layer not in there]
        if strange:
            raise InvalidInput(
                f"{self.name} was made for another base: {len(strange)} of its {len(layers)} layers, {strange[0]} first, are not "
                f"in this {component}"
            )
        for layer in layers:
            down, up = (found.get(f"{layer}.lora_{end}.weight") for end in ("A", "B"))
            weight: Any = there[layer].weight
            if down is None or up is None:
                raise InvalidInput(f"{self.name}: {layer} has only one of its two low-rank weights")
            if (len(up), down.shape[1]) != (len(weight), weight.shape[1]):
                raise InvalidInput(
                    f"{self.name} was made for another base: {component}.{layer} is {len(weight)} x {weight.shape[1]} here, and "
                    f"{len(up)} x {down.shape[1]} there"
                )
            ranks[layer] = len(down)
        return ranks

    def check_all_applied(self, kind: str) -> None:
        """Refuse a LoRA of which a part found no component.

        Raises:
            ValueError: it changes something else, too.
        """
        left = sorted(set(self.tensors) - self.applied)
        if left:
            raise InvalidInput(
                f"{self.name} changes {', '.join(left)}, which a {kind} here does not have; it was made for another base"
            )


def read_lora(path: Path, kind: str, denoiser: str, config: Any = None) -> Lora:
    """The LoRA in a file, or in a folder.

    Args:
        kind: the pipeline's class, which knows how to convert files of other programs.
        denoiser: the component that is meant where the file names none: "unet" or "transformer".
        config: of the UNet, for files that number its blocks in another way.

    Raises:
        FileNotFoundError: no such file.
        ValueError: no safetensors, or no LoRA.
    """
    file = _file(path)
    if not any("lora" in name.lower() for name in header(file)):
        raise InvalidInput(f"{file} is no LoRA: no tensor has low-rank weights by its name")
    tensors, files = load_file(file), [file]
    with safe_open(file, framework="pt") as opened:
        about = json.loads((opened.metadata() or {}).get("lora_adapter_metadata", "{}"))
    beside = file.with_name("adapter_config.json")
    if file.name == NAMES[1] and beside.is_file():
        files, about = [file, beside], read_json(beside)
    if about.get("peft_type", "LORA") != "LORA":
        raise InvalidInput(f"{file} is a {about['peft_type']}, and only LoRA is understood; merge it, and audit the result")
    tensors = {key.removeprefix("base_model.model."): value for key, value in tensors.items()}
    if not all(LOW_RANK.match(key) for key in tensors):
        tensors = _converted(tensors, kind, config)
    parts: dict[str, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        component, _, rest = key.partition(".")
        component, rest = (component, rest) if component in COMPONENTS else (denoiser, key)
        parts.setdefault(component, {})[rest] = value
    for component, found in parts.items():
        parts[component] = _scaled(_in_peft_names(found, component), component, about)
    _check_values(file.name, parts)
    return Lora(files, parts)


def _check_values(name: str, parts: dict[str, dict[str, Tensor]]) -> None:
    every = {f"{component}.{key}": value for component, found in parts.items() for key, value in found.items()}
    for key, value in every.items():
        if not torch.isfinite(value).all():
            raise InvalidInput(f"{name}: {key} holds NaN or infinite values; it is damaged, or overflowed half precision")
    if not any(value.any() for key, value in every.items() if "lora_B" in key or "embedding_B" in key):
        raise InvalidInput(f"{name}: all its low-rank weights are zeros, so that it changes nothing; it was not trained")


def _file(path: Path) -> Path:
    if path.is_file():
        return path
    if not path.is_dir():
        raise MissingFile(f"no LoRA at {path}: no such file; nothing is fetched, so download it first")
    found = [path / name for name in NAMES if (path / name).is_file()] or sorted(path.glob("*.safetensors"))
    if not found:
        raise MissingFile(f"no LoRA in {path}: it has no .safetensors file; name the file")
    if len(found) > 1:
        raise MissingFile(f"{path} has {len(found)} files that could be the LoRA ({folded([p.name for p in found])}); name one")
    return found[0]


def _converted(tensors: dict[str, Tensor], kind: str, config: Any) -> dict[str, Tensor]:
    """Tensors by names of diffusers, from whatever program it knows, with the α / r that these say."""
    convert = getattr(getattr(diffusers, kind, None), "lora_state_dict", None)
    if convert is None:
        return tensors
    given = {"unet_config": config} if config is not None else {}
    out = convert(dict(tensors), return_alphas=True, **given)
    converted, alphas = out if isinstance(out, tuple) else (out, None)
    for key, alpha in (alphas or {}).items():
        down = key.removesuffix(".alpha")
        down = down if down in converted else f"{down}.lora_A.weight"
        up = down.replace(".down.", ".up.").replace("lora_A", "lora_B")
        if down not in converted or up not in converted:
            raise InvalidInput(f"{key} scales no low-rank weight; merge the LoRA into its model with the program that made it")
        converted[up] = converted[up].float() * (float(alpha) / len(converted[down]))
    return converted


def _in_peft_names(found: dict[str, Tensor], component: str) -> dict[str, Tensor]:
    if all(LOW_RANK.match(key) for key in found):
        return found
    if component in DENOISERS:
        named = convert_unet_state_dict_to_peft(found)
    else:
        named = convert_state_dict_to_peft(convert_state_dict_to_diffusers(found))
    strange = [key for key in named if not LOW_RANK.match(key)]
    if strange:
        raise InvalidInput(f"{strange[0]} is no low-rank weight that diffusers or peft knows; merge it, and audit the result")
    return named


def _scaled(found: dict[str, Tensor], component: str, about: dict[str, Any]) -> dict[str, Tensor]:
    """The same with α / r in B, where a config says α; without, α = r."""
    own = {key.removeprefix(f"{component}."): value for key, value in about.items()}
    scaled = dict(found)
    for key, value in found.items():
        match = LOW_RANK.match(key)
        if not match or match[2] != "B" or match[3] != ".weight":
            continue
        layer, rank = match[1], value.shape[1]
        alpha = own.get("lora_alpha", rank)
        for pattern, other in (own.get("alpha_pattern") or {}).items():
            alpha = other if re.match(rf"(.*\.)?({pattern})$", layer) else alpha
        scaled[key] = value * (alpha / (rank**0.5 if own.get("use_rslora") else rank))
    return scaled
