"""The command line: ``python -m helpers COMMAND``, or ``denoiser-remembers COMMAND`` where the package is installed.

Each command shows a progress bar on standard error and prints its result; with ``--json`` as one line for machines.
These are the commands for users; those that write what is committed are in :mod:`helpers.maintain`.
"""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from helpers import __version__
from helpers.errors import Advice
from helpers.maintain import maintain
from helpers.options import (
    FOLDER,
    PROMPTS_HELP,
    TIMESTEPS_HELP,
    AttackName,
    model_options,
    parse_prompts,
    parse_timesteps,
    usable_device,
)

if TYPE_CHECKING:
    from helpers.models.pretrained import Source


class Commands(click.Group):
    """Prints errors that the user can do something about as one line, and every other error with its traceback.

    Those are the package's own, which say what to do, and what a disk refuses: a path and a reason.
    """

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except (Advice, OSError) as error:
            of_a_disk = isinstance(error, Advice) or (error.errno is not None and not isinstance(error, BrokenPipeError))
            if context.find_root().params.get("traceback") or not of_a_disk:
                raise
            raise click.ClickException(one_line(error)) from error


def one_line(error: Exception) -> str:
    """What an error says, without the line breaks."""
    if isinstance(error, OSError) and not isinstance(error, Advice) and error.strerror:
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{where}; nothing that is half written was left"
    return " ".join(str(error).split())


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(__version__, prog_name="the-denoiser-remembers")
@click.option("--traceback", is_flag=True, help="Show where an error comes from, also where its message says what to do.")
def main(traceback: bool) -> None:
    """Membership inference on diffusion models: train, attack, audit."""


@main.command()
@model_options
@click.option("--members", required=True, type=FOLDER, help="Folder of images that it was trained on.")
@click.option("--held-out", required=True, type=FOLDER, help="Folder of images that it never saw.")
@click.option("--output", required=True, type=FOLDER, help="Folder for report.html, report.json, scores.npz.")
@click.option("--attack", type=AttackName(), default="sima")
@click.option("--timesteps", default=None, callback=parse_timesteps, help=TIMESTEPS_HELP)
@click.option("--prompts", callback=parse_prompts, default="empty", help=PROMPTS_HELP)
@click.option("--seed", default=0, help="Of the calibration part, of noise and of resampling.")
@click.option("--batch-size", default=64, type=click.IntRange(min=1), help="Images per call of the model.")
@click.option("--device", default=None, help="cpu, cuda, cuda:1, ...; by default a GPU if there is one.")
@click.option("--resume/--restart", default=True, help="Resume from the scores.npz of an interrupted audit, or begin anew.")
@click.option("--collection", is_flag=True, help="Ask, too, whether the members, all together, were used; asks the model more.")
@click.option("--show-images", is_flag=True, help="Put names and pictures of exposed members into the report: personal data.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def audit(
    model: "Source",
    members: Path,
    held_out: Path,
    output: Path,
    attack: str,
    timesteps: tuple[int, ...] | None,
    prompts: str,
    seed: int,
    batch_size: int,
    device: str | None,
    resume: bool,
    collection: bool,
    show_images: bool,
    as_json: bool,
) -> None:
    """Can members be told from held-out images by asking MODEL? Writes one self-contained HTML file, and a JSON.

    \b
    Example:
      python -m helpers audit --model my-ddpm --members photos/train --held-out photos/test --output audit
      python -m helpers audit --model sdxl --lora style.safetensors --dtype bfloat16 --prompts captions \\
        --members photos/train --held-out photos/test --output audit
    """
    from helpers.audit import procedure, settings
    from helpers.audit.report import to_dict, write

    if not resume:
        (output / "scores.npz").unlink(missing_ok=True)
    wanted = settings.Settings(attack, timesteps, prompts, seed, batch_size, collection)
    found = procedure.audit(model, members, held_out, output, wanted, usable_device(device), sys.stderr.isatty())
    page, _ = write(found, output, show_images)
    numbers = to_dict(found, show_images)
    if as_json:
        click.echo(json.dumps(numbers))
        return
    click.secho(numbers["in_words"], bold=True)
    for note in found.notes:
        click.echo(f"Note: {note}", err=True)
    for warning in found.warnings:
        click.echo(f"Warning: {warning}")
    if found.collection:
        click.echo(found.collection.in_words())
    if found.claim:
        click.echo(found.claim.in_words())
    click.echo(f"{found.report}\nadjusted: AUC {found.evidence.report.auc}\ndata only: AUC {found.data_only}\n{page}")


@main.command()
@click.argument("recipe")
@click.option("--output", required=True, type=FOLDER, help="Folder for the checkpoint, and the model in the end.")
@click.option("--data", type=FOLDER, help="A copy of the data set on disk; without one, the hub is asked.")
@click.option("--split-file", type=FOLDER, help=".npz with mia_train_idxs and mia_eval_idxs.")
@click.option(
    "--split-order",
    type=click.Choice(["torchvision", "copy"]),
    default="torchvision",
    help="Whose rows the split file numbers: torchvision's, which the copy must show to have, or those of this very copy.",
)
@click.option("--steps", type=click.IntRange(min=1), help="Stop after so many steps; by default as many as the recipe says.")
@click.option("--images", is_flag=True, help="Write members and held-out images as folders, too: what audit asks for.")
@click.option("--resume/--restart", default=True, help="Resume from the last checkpoint, or begin anew.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def train(
    recipe: str,
    output: Path,
    data: Path | None,
    split_file: Path | None,
    split_order: str,
    steps: int | None,
    images: bool,
    resume: bool,
    as_json: bool,
) -> None:
    """Train RECIPE, save it as a diffusers pipeline with its promise. On several devices: accelerate launch -m helpers train ...

    \b
    Example:
      python -m helpers train cifar10-small --data cifar10-parquet --output runs/cifar10-small
    """
    from dataclasses import replace

    from diffusers import DDPMPipeline

    from helpers.data.folders import save_images
    from helpers.models.pretrained.promise import write_promise
    from helpers.training.denoiser import train_denoiser
    from helpers.training.path_recipe import scheduler_of
    from helpers.zoo.listing import named, split_of

    wanted = named(recipe)
    if steps:
        wanted = replace(wanted, steps=steps)
    if not resume:
        (output / f"{recipe}.checkpoint.safetensors").unlink(missing_ok=True)
    split = split_of(wanted, data, split_file, split_order)
    if images and first_process():
        save_images(split.members, output / "members")
        save_images(split.held_out, output / "held-out")
    run = train_denoiser(wanted, split.members, output)
    if first_process():
        DDPMPipeline(run.denoiser.unet, scheduler_of(wanted)).save_pretrained(output / "model")
        if promised := wanted.guarantee(len(run.losses)):
            write_promise(output / "model", promised)
        result = {"recipe": recipe, "model": str(output / "model"), "seconds": round(run.seconds), "loss": run.losses[-1]}
        click.echo(json.dumps(result) if as_json else f"{result['model']}: {result['seconds']} s, last loss {result['loss']:.4f}")


@main.command()
@model_options
@click.option("--images", required=True, type=FOLDER, help="Folder of images.")
@click.option("--timestep", default=50, help="At which the model is asked; better one that was calibrated: see audit.")
@click.option("--attack", type=AttackName(), default="sima")
@click.option("--prompts", callback=parse_prompts, default="empty", help=PROMPTS_HELP)
@click.option("--seed", default=0, help="Of noise, for an attack that draws any.")
@click.option("--output", type=FOLDER, help="A .csv for the scores; by default they are printed.")
@click.option("--batch-size", default=64, type=click.IntRange(min=1), help="Images per call of the model.")
@click.option("--device", default=None, help="cpu, cuda, cuda:1, ...; by default a GPU if there is one.")
@click.option("--resume/--restart", default=True, help="With --output: resume an interrupted run, or begin anew.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def score(
    model: "Source",
    images: Path,
    timestep: int,
    attack: str,
    prompts: str,
    seed: int,
    output: Path | None,
    batch_size: int,
    device: str | None,
    resume: bool,
    as_json: bool,
) -> None:
    """One number for each image: higher means more likely a member. On several devices: accelerate launch -m helpers score ...

    \b
    Example:
      python -m helpers score --model my-ddpm --images photos --timestep 60 --output scores.csv
      python -m helpers score --model my-sd --base stable-diffusion --images photos --prompts "a photo" --output scores.csv
    """
    from helpers.audit.scoring import Asking, score_folder

    asking = Asking(attack, timestep, batch_size, prompts, seed)
    scores = score_folder(model, images, asking, output, resume, device=device and usable_device(device))
    if not first_process():
        return
    if as_json:
        click.echo(json.dumps(dict(zip(scores["image"], scores["score"], strict=True))))
    else:
        click.echo(f"{len(scores)} scores in {output}" if output else scores.to_string(index=False))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def zoo(as_json: bool) -> None:
    """Every recipe there is: what it trains on, what it costs, and whether its weights come with the package.

    \b
    Example:
      python -m helpers zoo
    """
    from helpers.zoo.listing import recipes

    table = recipes()
    click.echo(table.to_json(orient="records") if as_json else table.to_string(index=False))


@main.command("bench-gpu")
@click.option("--device", default=None, help="cpu, cuda, cuda:1, ...; by default a GPU if there is one.")
@click.option("--minutes", default=8.0, type=click.FloatRange(min=0, min_open=True), help="After which nothing new begins.")
@click.option("--output", default=Path("_build/bench-gpu.json"), type=FOLDER, help="A .json for the results.")
@click.option("--section", "sections", multiple=True, help="One of its parts instead of all; may be given several times.")
def bench_gpu(device: str | None, minutes: float, output: Path, sections: tuple[str, ...]) -> None:
    """Measure the project on a GPU: scores against the processor's, images per second, training runs.

    Each result is written to OUTPUT as soon as it is known. Needs no network; what is missing is left out, and named.

    \b
    Example:
      python -m helpers bench-gpu --minutes 8 --output gpu.json
      python -m helpers bench-gpu --section throughput --section compiled
    """
    from helpers.bench import wheels

    wheels.check()
    import torch

    from helpers.bench.command import measure

    measure(torch.device(usable_device(device)), minutes, output, click.echo, sections)
    click.echo(output)


main.add_command(maintain)


def first_process() -> bool:
    """Is this the process that speaks, of several?"""
    from accelerate import PartialState

    return PartialState().is_main_process


if __name__ == "__main__":
    main(prog_name="python -m helpers")
