"""The command line: ``python -m helpers COMMAND``, or ``denoiser-remembers COMMAND`` where the package is installed.

Each command shows a progress bar on standard error and prints its result; with ``--json`` as one line for machines.
"""

import json
import sys
from pathlib import Path

import click

TIMESTEPS = "A comma-separated list, or START:STOP:STEP with STOP included."


def parse_timesteps(context, parameter, text: str) -> tuple[int, ...]:
    """ "0:300:20" or "10,20,40"."""
    try:
        if ":" in text:
            start, stop, step = (int(part) for part in text.split(":"))
            return tuple(range(start, stop + 1, step))
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is neither like 0:300:20 nor like 10,20,40") from error


class Refusals(click.Group):
    """Turns the package's errors, which say what to do, into one line."""

    def invoke(self, context: click.Context):
        try:
            return super().invoke(context)
        except (ValueError, FileNotFoundError, ConnectionError) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Refusals, context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(package_name="the-denoiser-remembers")
def main():
    """Membership inference on diffusion models: train, attack, audit."""


@main.command()
@click.option("--model", required=True, type=click.Path(path_type=Path), help="Folder that save_pretrained wrote.")
@click.option("--members", required=True, type=click.Path(path_type=Path), help="Folder of images that it was trained on.")
@click.option("--held-out", required=True, type=click.Path(path_type=Path), help="Folder of images that it never saw.")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="Folder for report.html, report.json, scores.npz.")
@click.option("--attack", type=click.Choice(["sima", "pia", "loss", "secmi"]), default="sima")
@click.option("--timesteps", default="0:300:20", callback=parse_timesteps, help=TIMESTEPS)
@click.option("--prompts", type=click.Choice(["empty", "captions"]), default="empty", help="For a model that takes prompts.")
@click.option("--seed", default=0, help="Of the calibration part, of noise and of resampling.")
@click.option("--batch-size", default=64, help="Images per call of the model.")
@click.option("--device", default=None, help="cpu, cuda, cuda:1, ...; by default a GPU if there is one.")
@click.option("--resume/--restart", default=True, help="Go on from scores.npz of an interrupted audit, or begin anew.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def audit(model, members, held_out, output, attack, timesteps, prompts, seed, batch_size, device, resume, as_json):
    """Can members be told from held-out images by asking MODEL? Writes one self-contained HTML file, and a JSON.

    \b
    Example:
      python -m helpers audit --model my-ddpm --members photos/train --held-out photos/test --output audit
    """
    from helpers import audit as auditing
    from helpers.audit_report import to_dict, write

    if not resume:
        (output / "scores.npz").unlink(missing_ok=True)
    settings = auditing.Settings(attack, timesteps, prompts, seed, batch_size)
    found = auditing.audit(model, members, held_out, output, settings, usable_device(device), sys.stderr.isatty())
    page, _ = write(found, output)
    numbers = to_dict(found)
    if as_json:
        click.echo(json.dumps(numbers))
        return
    click.secho(numbers["in_words"], bold=True)
    click.echo(f"{found.report}\ndata only: AUC {found.data_only}\n{page}")


@main.command()
@click.argument("recipe")
@click.option(
    "--output", required=True, type=click.Path(path_type=Path), help="Folder for the checkpoint, and the model in the end."
)
@click.option("--data", type=click.Path(path_type=Path), help="A copy of the data set on disk; without one, the hub is asked.")
@click.option("--split-file", type=click.Path(path_type=Path), help=".npz with mia_train_idxs and mia_eval_idxs.")
@click.option("--images", is_flag=True, help="Write members and held-out images as folders, too: what audit asks for.")
@click.option("--resume/--restart", default=True, help="Go on from the last checkpoint, or begin anew.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def train(recipe, output, data, split_file, images, resume, as_json):
    """Train RECIPE and save it as a diffusers pipeline. On several devices: accelerate launch -m helpers train ...

    \b
    Example:
      python -m helpers train cifar10-small --data cifar10-parquet --output runs/cifar10-small
    """
    from diffusers import DDPMPipeline

    from helpers.running import named, save_images, split_of
    from helpers.training import train_denoiser

    wanted = named(recipe)
    if not resume:
        (output / f"{recipe}.checkpoint.safetensors").unlink(missing_ok=True)
    split = split_of(wanted, data, split_file)
    if images and first_process():
        save_images(split.members, output / "members")
        save_images(split.held_out, output / "held-out")
    run = train_denoiser(wanted, split.members, output)
    if first_process():
        DDPMPipeline(run.denoiser.unet, run.denoiser.scheduler).save_pretrained(output / "model")
        result = {"recipe": recipe, "model": str(output / "model"), "seconds": round(run.seconds), "loss": run.losses[-1]}
        click.echo(json.dumps(result) if as_json else f"{result['model']}: {result['seconds']} s, last loss {result['loss']:.4f}")


@main.command()
@click.option("--model", required=True, type=click.Path(path_type=Path), help="Folder that save_pretrained wrote.")
@click.option("--images", required=True, type=click.Path(path_type=Path), help="Folder of images.")
@click.option("--timestep", default=50, help="At which the model is asked; better one that was calibrated: see audit.")
@click.option("--attack", type=click.Choice(["sima", "pia", "loss", "secmi"]), default="sima")
@click.option("--output", type=click.Path(path_type=Path), help="A .csv for the scores; by default they are printed.")
@click.option("--batch-size", default=64, help="Images per call of the model.")
@click.option("--resume/--restart", default=True, help="With --output: go on where an interrupted run stood, or begin anew.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def score(model, images, timestep, attack, output, batch_size, resume, as_json):
    """One number for each image: higher means more likely a member. On several devices: accelerate launch -m helpers score ...

    \b
    Example:
      python -m helpers score --model my-ddpm --images photos --timestep 60 --output scores.csv
    """
    from helpers.running import score_folder

    scores = score_folder(model, images, attack, timestep, batch_size, output, resume)
    if not first_process():
        return
    if as_json:
        click.echo(json.dumps(dict(zip(scores["image"], scores["score"], strict=True))))
    else:
        click.echo(f"{len(scores)} scores in {output}" if output else scores.to_string(index=False))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def zoo(as_json):
    """Every recipe there is: what it trains on, what it costs, and whether its weights come with the package.

    \b
    Example:
      python -m helpers zoo
    """
    from helpers.running import recipes

    table = recipes()
    click.echo(table.to_json(orient="records") if as_json else table.to_string(index=False))


@main.command("bench-gpu")
@click.option("--device", default=None, help="cpu, cuda, cuda:1, ...; by default a GPU if there is one.")
@click.option("--minutes", default=8.0, type=click.FloatRange(min=0, min_open=True), help="After which nothing new begins.")
@click.option("--output", default=Path("_build/bench-gpu.json"), type=click.Path(path_type=Path), help="A .json for the results.")
@click.option("--section", "sections", multiple=True, help="One of its parts instead of all; may be given several times.")
def bench_gpu(device, minutes, output, sections):
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


def first_process() -> bool:
    """Is this the process that speaks, of several?"""
    from accelerate import PartialState

    return PartialState().is_main_process


def usable_device(name: str | None) -> str:
    """The device of that name, if it is there; by default "cuda" or "cpu"."""
    import torch

    try:
        return str(torch.empty(0, device=name or ("cuda" if torch.cuda.is_available() else "cpu")).device)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"no device {name!r} on this machine; leave the option out to use what there is") from error


if __name__ == "__main__":
    main(prog_name="python -m helpers")
