"""The commands that write what is committed: ``python -m helpers maintain COMMAND``. Each can be rehearsed with ``--dry-run``."""

from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path

import click

from helpers.options import FOLDER, usable_device


@click.group()
def maintain() -> None:
    """For maintainers: commands that make anew what is committed with the book."""


jobs_option = click.option("--jobs", type=click.IntRange(min=1), default=1, help="Processes side by side; on a GPU, one a core.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would be run and which files it would write; do nothing.")


@maintain.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@dry_run_option
def retrain(names: tuple[str, ...], dry_run: bool) -> None:
    """Train recipes, experiments or groups of experiments anew, and write their weights and scores.

    \b
    Example:
      python -m helpers maintain retrain ddpm-digits-early --dry-run
    """
    from helpers.experiments.retrain import planned, retrain, rewritten

    if dry_run:
        for wanted in planned(names):
            click.echo(f"would train {wanted.name} and write {', '.join(map(str, rewritten(wanted)))}")
        return
    for files in retrain(names):
        click.echo(f"written: {', '.join(map(str, files))}")


@maintain.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("--missing", is_flag=True, help="Only those whose scores are not there yet.")
@dry_run_option
def sweep(names: tuple[str, ...], missing: bool, dry_run: bool) -> None:
    """Train and measure experiments, groups of them, or "sweeps" for all; an interrupted run resumes.

    \b
    Example:
      python -m helpers maintain sweep beta --missing
    """
    from helpers.experiments.measure import sweep
    from helpers.experiments.outcomes import is_done
    from helpers.experiments.retrain import experiments_named, rewritten

    wanted = list({e.name: e for name in names for e in experiments_named(name)}.values())
    if not dry_run:
        sweep(wanted, missing)
        return
    for e in wanted:
        if not (missing and is_done(e.name)):
            click.echo(f"would run {e.name} and write {', '.join(map(str, rewritten(e)))}")


@maintain.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@dry_run_option
def study(names: tuple[str, ...], dry_run: bool) -> None:
    """Run studies of latent models, "inversion" or "dimensions", where their scores are not there yet.

    \b
    Example:
      python -m helpers maintain study inversion
    """
    from helpers.experiments.latent_studies import run_studies, waiting_for

    if dry_run:
        for name, e in waiting_for(names):
            click.echo(f"would run {name} of {e.name}")
        return
    run_studies(names)


@maintain.command("fine-tunes")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@dry_run_option
def fine_tunes(names: tuple[str, ...], dry_run: bool) -> None:
    """Train and measure text-to-image models: "base", "classes", one fine-tune, all of a kind, or "all" fine-tunes.

    The same recipes for pictures of 64 x 64, on a GPU, are "base-64", "full-64" and so on; they write to _build only.

    \b
    Example:
      python -m helpers maintain fine-tunes lora-8
      python -m helpers maintain fine-tunes base-64 full-64
    """
    from helpers.experiments.fine_tunes import EMOJI_OUTCOMES, fine_tunes_named, run_fine_tunes, scores_folder, train_base
    from helpers.experiments.outcomes import is_done
    from helpers.experiments.told_classes import run_classes
    from helpers.training.emoji_recipes import BASES, EMOJI_CLASSES, kind_of
    from helpers.zoo.told_models import save_told, weights_folder

    bases = {kind_of(base): base for base in BASES.values()}
    others = [name for name in names if name not in (*bases, "classes")]
    wanted_bases = [base for name, base in bases.items() if name in names]
    if dry_run:
        for base in wanted_bases:
            click.echo(f"would train {base.name} and write {weights_folder(base) / base.name}.safetensors")
        wanted = [(scores_folder(recipe), recipe.name, recipe.to_json()) for recipe in fine_tunes_named(others)]
        wanted += [(EMOJI_OUTCOMES, recipe.name, recipe.to_json()) for recipe in EMOJI_CLASSES if "classes" in names]
        for folder, name, text in wanted:
            if not is_done(name, folder, text):
                click.echo(f"would run {name} and write {folder / name}.npz")
        return
    device = usable_device(None)
    for base in wanted_bases:
        click.echo(f"written: {save_told(base, train_base(base, device=device))}")
    say_what_was_written(chain(run_fine_tunes(others, device=device), run_classes() if "classes" in names else ()))


def say_what_waits(names: Iterable[str], scores: Path) -> None:
    """A line for each run that would be made, with the file that it would leave."""
    for name in names:
        click.echo(f"would run {name} and write {scores / name}.npz")


def say_what_was_written(paths: Iterable[Path]) -> None:
    """A line for each file, as soon as it is there."""
    for path in paths:
        click.echo(f"written: {path}")


def runs_by_name(command: Callable[..., None]) -> click.Command:
    """A command that makes the runs whose names begin so, several at once, or says what it would make."""
    named = click.argument("names", nargs=-1, required=True, metavar="NAME...")
    return maintain.command()(named(jobs_option(dry_run_option(command))))


@runs_by_name
def straight(names: tuple[str, ...], jobs: int, dry_run: bool) -> None:
    """Train and measure models of the chapter on straight paths: those whose names begin so, or "all".

    \b
    Example:
      python -m helpers maintain straight digits-flow fashion
    """
    from helpers.experiments.straight import STRAIGHT_OUTCOMES, run_straight, waiting

    if dry_run:
        say_what_waits((recipe.name for recipe in waiting(names, STRAIGHT_OUTCOMES)), STRAIGHT_OUTCOMES)
    else:
        say_what_was_written(run_straight(names, jobs=jobs))


@runs_by_name
def memory(names: tuple[str, ...], jobs: int, dry_run: bool) -> None:
    """Train and measure what says which images are remembered, and when: runs whose names begin so, or "all".

    Those whose scores are there are left out; an interrupted run resumes.

    \b
    Example:
      python -m helpers maintain memory clock-digits-75
      python -m helpers maintain memory duplicates which --jobs 2
    """
    from helpers.experiments.memory import MEMORY_OUTCOMES, run_memory, waiting

    if dry_run:
        say_what_waits((recipe.name for recipe in waiting(names, MEMORY_OUTCOMES)), MEMORY_OUTCOMES)
    else:
        say_what_was_written(run_memory(names, jobs=jobs))


@runs_by_name
def private(names: tuple[str, ...], jobs: int, dry_run: bool) -> None:
    """Train with a promise of privacy, kept or broken, and measure what is left: runs whose names begin so, or "all".

    Those whose scores are there are left out; an interrupted run resumes.

    \b
    Example:
      python -m helpers maintain private private-noise-2
      python -m helpers maintain private canaries --jobs 2
    """
    from helpers.experiments.private import PRIVATE_OUTCOMES, run_private, waiting

    if dry_run:
        say_what_waits((recipe.name for recipe in waiting(names, PRIVATE_OUTCOMES)), PRIVATE_OUTCOMES)
    else:
        say_what_was_written(run_private(names, jobs=jobs))


@runs_by_name
def samples(names: tuple[str, ...], jobs: int, dry_run: bool) -> None:
    """Train models, draw from them, and measure what their samples give away: runs whose names begin so, or "all".

    Those whose scores are there are left out; an interrupted run resumes.

    \b
    Example:
      python -m helpers maintain samples duplicates
      python -m helpers maintain samples clock-digits-600 --jobs 2
    """
    from helpers.experiments.samples import SAMPLED_OUTCOMES, run_samples, waiting

    if dry_run:
        say_what_waits((recipe.name for recipe in waiting(names, SAMPLED_OUTCOMES)), SAMPLED_OUTCOMES)
    else:
        say_what_was_written(run_samples(names, jobs=jobs))


@maintain.command()
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@dry_run_option
def league(models: tuple[str, ...], dry_run: bool) -> None:
    """Let every attack meet these models of the zoo, by default all of the league; scores that still hold are kept.

    \b
    Example:
      python -m helpers maintain league ddpm-digits
    """
    from helpers.experiments.league import LEAGUE_MODELS, outdated, play

    wanted = models or LEAGUE_MODELS
    if dry_run:
        waiting = outdated(wanted)
        for model, name in waiting:
            click.echo(f"would play {name} on {model}")
        if not waiting:
            click.echo("All scores still hold.", err=True)
        return
    play(wanted)


@maintain.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@dry_run_option
def export(names: tuple[str, ...], dry_run: bool) -> None:
    """Write trained networks as ONNX files for the pages that run them.

    \b
    Example:
      python -m helpers maintain export ddpm-digits
    """
    from helpers.training.emoji_recipes import EMOJI_BASE, FINE_TUNES
    from helpers.zoo.trained import ONNX_FOLDER, trained

    for name in names:
        told = name == EMOJI_BASE.name or name in FINE_TUNES
        if dry_run:
            if not told:
                trained(name)
            click.echo(f"would write {ONNX_FOLDER / name}.onnx")
            continue
        from helpers.zoo import onnx_export, told_export

        path = told_export.export_told(name) if told else onnx_export.export(name)
        click.echo(f"{path}: {path.stat().st_size:,} bytes")


@maintain.command()
@dry_run_option
def lora(dry_run: bool) -> None:
    """Train the LoRA of the chapter on audits anew.

    \b
    Example:
      python -m helpers maintain lora
    """
    from helpers.zoo import lora_models

    click.echo(f"would write {lora_models.LORA_DIGITS}" if dry_run else lora_models.make_lora())


@maintain.command("make-fashion")
@click.argument("folder", type=FOLDER)
@dry_run_option
def make_fashion(folder: Path, dry_run: bool) -> None:
    """Draw the book's images of clothes anew from FOLDER, which holds the original files of Fashion-MNIST.

    \b
    Example:
      python -m helpers maintain make-fashion fashion-mnist
    """
    from helpers.data.catalogue import FASHION_ARCHIVE
    from helpers.data.make_fashion import make_fashion

    if dry_run:
        click.echo(f"would write {FASHION_ARCHIVE}")
        return
    click.echo(make_fashion(folder))


@maintain.command("make-emoji")
@click.argument("folder", type=FOLDER)
@click.option("--size", type=click.Choice(["32", "64"]), default="32", help="In pixels; 32, the book's, or 64, for _build only.")
@dry_run_option
def make_emoji(folder: Path, size: str, dry_run: bool) -> None:
    """Make the book's emoji anew from FOLDER, which holds the two packages of the npm registry; or larger ones, for a GPU.

    \b
    Example:
      npm pack emoji-datasource-google@16.0.0 emoji-datasource-twitter@16.0.0
      python -m helpers maintain make-emoji .
      python -m helpers maintain make-emoji . --size 64
    """
    from helpers.data.emoji import ARCHIVES
    from helpers.data.make_emoji import make_emoji

    if dry_run:
        click.echo(f"would write {' and '.join(map(str, ARCHIVES[int(size)]))}")
        return
    for path in make_emoji(folder, int(size)):
        click.echo(path)


@maintain.command()
@dry_run_option
def innocents(dry_run: bool) -> None:
    """Count how often an audit accuses innocent models, where the counts are not there yet: half an hour.

    \b
    Example:
      python -m helpers maintain innocents
    """
    from helpers.audit.innocents.simulate import RESULTS, simulate, table

    if dry_run:
        click.echo(f"would write {RESULTS}")
        return
    click.echo(table(simulate()).to_string())
