"""What does the text of an option mean? What commands ask in common: which model, timesteps, prompts, attack, device."""

import re
from functools import wraps
from pathlib import Path
from typing import Any

import click

from helpers.errors import InvalidInput

TIMESTEPS_HELP = (
    "A comma-separated list, or START:STOP:STEP with STOP included; by default sixteen over the first 0.3 of the model's "
    "schedule, 0:300:20 for one of 1000 steps."
)
FOLDER = click.Path(path_type=Path)
PROMPTS_HELP = "empty, captions (one for each image), one prompt for all, or a file that holds it; for a model of classes, those."


def parse_timesteps(context: click.Context | None, parameter: click.Parameter | None, text: str | None) -> tuple[int, ...] | None:
    """The timesteps of "0:300:20" or "10,20,40"; None without a text.

    Raises:
        click.BadParameter: a text of another form.
    """
    if text is None:
        return None
    try:
        if ":" in text:
            start, stop, step = (int(part) for part in text.split(":"))
            return tuple(range(start, stop + 1, step))
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is neither like 0:300:20 nor like 10,20,40") from error


def parse_size(context: click.Context | None, parameter: click.Parameter | None, text: str | None) -> tuple[int, int] | None:
    """(height, width) of "512" or "512x768".

    Raises:
        click.BadParameter: a text of another form.
    """
    if text is None:
        return None
    match = re.fullmatch(r"([1-9]\d*)(?:x([1-9]\d*))?", text)
    if not match:
        raise click.BadParameter(f"{text!r} is neither like 512 nor, as HEIGHTxWIDTH, like 512x768")
    return int(match[1]), int(match[2] or match[1])


def parse_prompts(context: click.Context | None, parameter: click.Parameter | None, text: str) -> str:
    """The text of a file, if it is the path of one, else the text itself.

    Raises:
        click.BadParameter: a file without a text.
    """
    path = Path(text)
    try:
        found = path.read_text(encoding="utf-8").strip() if path.is_file() else text
    except (OSError, ValueError):  # a prompt may be longer than a path can be, and a file no text
        found = "" if len(text) < 256 and path.is_file() else text
    if not found.strip():
        raise click.BadParameter(f"{text!r} holds no prompt")
    return found


DTYPES = ["float32", "bfloat16", "float16"]
MODEL_OPTIONS = (
    click.option("--model", required=True, type=FOLDER, help="Folder that save_pretrained wrote, or a checkpoint."),
    click.option("--size", callback=parse_size, help="Of its images, HEIGHTxWIDTH or one number; by default as its config says."),
    click.option("--dtype", type=click.Choice(DTYPES), default="float32", help="In which it computes."),
    click.option("--variant", help="Of its weights, fp16 for example; by default the plain ones."),
    click.option("--base", type=FOLDER, help="The model it was fine-tuned from: has what it lacks, and scores relative to it."),
    click.option("--lora", type=FOLDER, help="A LoRA to apply, a file or its folder; without --base the model is its base."),
    click.option("--ignore-lora", is_flag=True, help="Audit it without the LoRA that lies beside it."),
)


def model_options(command: Any) -> Any:
    """The options that say which model, and how it is to be read; the command gets them as `model`, a `Source`."""

    @wraps(command)
    def read(**options: Any) -> Any:
        from helpers.models.pretrained import Source

        names = ("size", "dtype", "variant", "base", "lora", "ignore_lora")
        source = Source(options.pop("model"), **{name: options.pop(name) for name in names})
        return command(model=source, **options)

    for option in reversed(MODEL_OPTIONS):
        read = option(read)
    return read


class AttackName(click.ParamType):
    """An attack that the registry offers. Importing it takes seconds, so that help reads the names in its text."""

    name = "attack"

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        registry = Path(__file__).parent / "attacks" / "registry.py"
        names = re.findall(r'command="(.+?)"', registry.read_text())
        return f"[{'|'.join(names)}]"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from helpers.audit.settings import attack_named

        try:
            attack_named(value)
        except InvalidInput as error:
            raise click.BadParameter(str(error), ctx, param) from error
        return value


def usable_device(name: str | None) -> str:
    """The device of that name, if it is there; by default "cuda" or "cpu".

    Raises:
        ValueError: no such device on this machine.
    """
    import torch

    try:
        return str(torch.empty(0, device=name or ("cuda" if torch.cuda.is_available() else "cpu")).device)
    except (RuntimeError, AssertionError) as error:
        raise InvalidInput(f"no device {name!r} on this machine; leave the option out to use what there is") from error
