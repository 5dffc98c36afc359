"""What else lies in a model's folder, and could it decide what the model does?

A folder holds more than a model: what training left, other variants of the weights, and sometimes a LoRA or learned embeddings,
with which the model that people use is another one than that of the folder's index.
"""

from collections.abc import Iterable
from pathlib import Path

from helpers.errors import InvalidInput
from helpers.models.pretrained.safe_files import header

# Documents, pictures and logs: nobody's weights, settings or code.
DOCUMENTS = ("md", "rst", "html", "pdf", "png", "jpg", "jpeg", "webp", "gif", "svg", "mp4", "log", "csv", "tsv", "lock")
HARMLESS = {f".{end}" for end in DOCUMENTS}
HARMLESS_NAMES = {".gitattributes", ".gitignore", "LICENSE", "LICENSE.txt", "README.txt", "NOTICE", "CITATION.cff", ".DS_Store"}
HIDDEN = {".git", ".cache", ".huggingface", "__pycache__"}
ADAPTERS = ("pytorch_lora_weights", "learned_embeds", "adapter_model", "lora")


def unread_files(folder: Path, read: Iterable[Path], unneeded: Iterable[str] = ()) -> list[str]:
    """Names, relative to the folder, of files that could decide what the model does and were not read; sorted.

    Args:
        unneeded: subfolders that do not matter, such as a safety checker's.
    """
    known = {path.resolve() for path in read} | {(folder / "model_index.json").resolve()}
    skipped = HIDDEN | set(unneeded)
    return [
        path.relative_to(folder).as_posix()
        for path in sorted(folder.rglob("*"))
        if (path.is_file() or path.is_symlink())
        and path.resolve() not in known
        and path.suffix.lower() not in HARMLESS
        and path.name not in HARMLESS_NAMES
        and not path.name.startswith("events.out.tfevents")
        and not skipped.intersection(path.relative_to(folder).parts[:-1])
    ]


def adapters_among(folder: Path, unread: Iterable[str]) -> list[str]:
    """Those of the unread files that hold a LoRA or learned embeddings: by their name, or by the names of their tensors."""
    return [name for name in unread if _is_adapter(folder / name)]


def _is_adapter(path: Path) -> bool:
    if path.name.startswith(ADAPTERS) and path.suffix in (".safetensors", ".bin", ".pt"):
        return True
    if path.suffix != ".safetensors":
        return False
    try:
        names = header(path)
    except (ValueError, OSError):
        return False
    return any("lora" in name.lower() or name.startswith("<") for name in names)


def refuse_adapters(folder: Path, unread: Iterable[str]) -> None:
    """Refuse a folder with which people may use another model than the one that its index describes.

    Raises:
        ValueError: a LoRA or learned embeddings were not read.
    """
    found = adapters_among(folder, unread)
    if found:
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        raise InvalidInput(
            f"this folder also has a LoRA or learned embeddings, {', '.join(found[:3])}{more}; pass lora= (--lora PATH) to audit "
            "the model with it, or ignore_lora=True (--ignore-lora) to audit it without"
        )
