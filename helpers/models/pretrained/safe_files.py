"""May this file of a stranger be read, and what do libraries get to see of it?

A pickle can run any code while it is read, whatever its name; so a file of weights is known by its content. Libraries look
into a component's folder for more than anybody asked for (code that its config names, an adapter, weights in another format), so
they are shown a folder of links to those files alone that were checked, with a config that is plain data.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from helpers.errors import InvalidInput, MissingFile

PICKLED = (".bin", ".ckpt", ".pt", ".pth", ".pkl")
STEMS = {"diffusers": "diffusion_pytorch_model", "transformers": "model"}
TOKENIZER_FILES = (
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "vocab.txt",
    "merges.txt", "spiece.model", "tokenizer.model", "sentencepiece.bpe.model",
)  # fmt: skip
# Where a config could name code, another place or a way to compute; a component of a known class does without.
NOT_DATA = (
    "auto_map", "custom_pipelines", "_name_or_path", "name_or_path", "_attn_implementation", "attn_implementation",
    "_attn_implementation_internal", "tokenizer_file", "vocab_file", "merges_file", "special_tokens_map_file",
)  # fmt: skip


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file.

    Raises:
        FileNotFoundError: no such file.
        ValueError: no JSON, or something else than an object.
    """
    if not path.is_file():
        raise MissingFile(f"no file {path}")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidInput(f"{path} is no valid JSON: {str(error).splitlines()[0]}") from error
    if not isinstance(found, dict):
        raise InvalidInput(f"{path} holds a {type(found).__name__}, not an object")
    return found


def read_config(path: Path) -> dict[str, Any]:
    """A component's config without what is no plain data; see `read_json`.

    Raises:
        ValueError: a quantised component.
    """
    config = read_json(path)
    if config.get("quantization_config"):
        raise InvalidInput(f"{path} has a quantization_config; save the model unquantised, and audit that")
    return {key: value for key, value in config.items() if key not in NOT_DATA}


def header(path: Path) -> dict[str, str]:
    """Name -> dtype ("F32", "BF16", ...) of the tensors in a safetensors file, whatever its suffix.

    Raises:
        FileNotFoundError: no such file.
        ValueError: it is no safetensors by its content.
    """
    if not path.is_file():
        raise MissingFile(f"no file {path}" + (": a broken link" if path.is_symlink() else ""))
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118 (no mapping)
    except (SafetensorError, OSError) as error:
        with path.open("rb") as raw:
            start = raw.read(24)
        raise InvalidInput(f"{path} {_what(start)}; it cannot be read as safetensors ({str(error).splitlines()[0]})") from error


def _what(start: bytes) -> str:
    if start.startswith((b"PK", b"\x80")):
        return "is a pickle by its content, and reading it could run any code"
    if start.startswith(b"version https://git-lfs"):
        return 'is a pointer of Git LFS, not the file itself: run "git lfs pull" where it came from'
    return "is damaged, or no file of weights"


@dataclass(frozen=True)
class Weights:
    """The weights of one component.

    Args:
        shards: the safetensors files.
        index: tensor -> name of its shard, where there are several.
        variant: "fp16", "non_ema", ...; "" for plain ones.
        dtypes: in which its tensors are stored, sorted.
    """

    shards: list[Path]
    index: dict[str, str]
    variant: str
    dtypes: list[str]
    source: Path | None = None  # the file of the index


def find_weights(place: Path, library: str, variant: str | None = None) -> Weights:
    """The weights that a component's folder holds, each file checked by its content.

    Args:
        library: "diffusers" or "transformers".
        variant: which to take, where it is there; else the plain ones, or without a wish the only variant there is.

    Raises:
        FileNotFoundError: no weights.
        ValueError: only pickles, several variants and no plain ones, or an index that names anything but safetensors beside it.
    """
    stem = STEMS[library]
    whole, sharded = _variants(place, f"{stem}.", ".safetensors"), _variants(place, f"{stem}.safetensors.index.", ".json")
    # diffusers writes the variant before, and has also written it after, the number of the shard; only the index matters.
    known = {**whole, **sharded} if library == "diffusers" else {**sharded, **whole}
    if not known:
        _refuse_pickles(place)
        raise MissingFile(f"no weights in {place}: neither {stem}.safetensors nor {stem}.safetensors.index.json")
    chosen = variant if variant in known else "" if "" in known else next(iter(known))
    if chosen != variant and "" not in known and (variant or len(known) > 1):
        there = ", ".join(sorted(name or "plain" for name in known))
        raise InvalidInput(f"{place} has weights of the variants {there}; say which with variant= (--variant)")
    path = known[chosen]
    index = _read_index(path) if path.suffix == ".json" else {}
    shards = [place / name for name in sorted(set(index.values()))] if index else [path]
    dtypes = sorted({dtype for shard in shards for dtype in header(shard).values()})
    return Weights(shards, index, chosen, dtypes, path if index else None)


def _variants(place: Path, start: str, end: str) -> dict[str, Path]:
    """Variant -> file, for files named start + variant + end, or start + end for the plain one."""
    found = {}
    for path in sorted(place.glob(f"{start[:-1]}*{end}")):
        middle = path.name[len(start) - 1 : len(path.name) - len(end)]
        if (not middle or middle.startswith(".")) and "-of-" not in middle and "index" not in middle:
            found[middle[1:]] = path
    return found


def _read_index(path: Path) -> dict[str, str]:
    index = read_json(path).get("weight_map")
    if not isinstance(index, dict) or not index:
        raise InvalidInput(f"{path} has no weight_map")
    for name in index.values():
        if not isinstance(name, str) or Path(name).name != name or not name.endswith(".safetensors"):
            raise InvalidInput(
                f"{path} names {name!r} as a file of weights; only safetensors beside it are read: a pickle can run any code"
            )
    return index


def _refuse_pickles(place: Path) -> None:
    found = sorted(path for path in place.glob("*") if path.suffix in PICKLED)
    if found:
        raise InvalidInput(
            f"{found[0]} is a pickle, and reading it could run any code; save the model with "
            "save_pretrained(..., safe_serialization=True) where it is trusted"
        )


@contextmanager
def shown(config: dict[str, Any] | None, weights: Weights | None, library: str, others: list[Path]) -> Iterator[Path]:
    """A folder of a moment with this config, links to these files and nothing else: all that a library gets to see.

    Args:
        others: files of a tokenizer. What is JSON among them is written anew, as plain data.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if config is not None:
            (folder / "config.json").write_text(json.dumps(config))
        if weights:
            stem = STEMS[library]
            for shard in weights.shards:
                _link(shard, folder / (shard.name if weights.index else f"{stem}.safetensors"))
            if weights.index:
                index = {"metadata": {}, "weight_map": weights.index}
                (folder / f"{stem}.safetensors.index.json").write_text(json.dumps(index))
        for path in others:
            if path.name == "tokenizer_config.json":
                (folder / path.name).write_text(json.dumps(read_config(path)))
            else:
                _link(path, folder / path.name)
        yield folder


def _link(path: Path, link: Path) -> None:
    try:
        link.symlink_to(path.resolve())
    except OSError:  # a system that lets only administrators link
        shutil.copyfile(path, link)
