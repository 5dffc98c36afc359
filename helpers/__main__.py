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
        except (ValueError, FileNotFoundError) as error:
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
    found = auditing.audit(model, members, held_out, output, settings, device or best_device(), sys.stderr.isatty())
    page, _ = write(found, output)
    numbers = to_dict(found)
    if as_json:
        click.echo(json.dumps(numbers))
        return
    click.secho(numbers["in_words"], bold=True)
    click.echo(f"{found.report}\ndata only: AUC {found.data_only}\n{page}")


def best_device() -> str:
    """ "cuda" or "cpu"."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


if __name__ == "__main__":
    main(prog_name="python -m helpers")
