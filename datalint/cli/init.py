"""`datalint init`."""

from __future__ import annotations

from pathlib import Path

import click

from datalint.cli.process import require_memory

TEMPLATE = """\
# Settings of datalint for this dataset. Any line may be removed; lines after a # show defaults or examples.
# `datalint rules` lists the rules, `datalint schema config` describes every key.

# What was recognised:
{evidence}
{layout}
# Which findings make the exit code 1: error, warning, note or never.
# fail-on = "error"

# Which rules run: codes, prefixes, names, ALL.
# select = ["ALL"]
# ignore = ["DL9"]            # no probe

# Folders and files that are not part of the dataset (globs, relative to this file).
# exclude = ["raw/**"]
{classes}
# The columns of a label table, if they are not recognised by name; false: there is none.
# label-column = "isup_grade"
# split-column = false

# What your training code normalizes with; compared with what is measured (rule DL301).
# normalization = {{ mean = [0.485, 0.456, 0.406], std = [0.229, 0.224, 0.225] }}

# The size your model takes, in pixels: smaller images are flagged (rule DL207).
# input-size = 224

# Known findings (datalint scan --write-baseline): listed, but they never fail a scan.
# baseline = "datalint-baseline.json"

# Options of a rule, as `datalint rule near-duplicate` lists them.
# [rules.near-duplicate]

# A finding that the team accepts, with the reason; until is the last day on which the entry counts.
# [[accept]]
# rule = "exact-duplicate"
# path = "train/burst_*/*"
# reason = "burst shots, kept on purpose"
# until = 2027-12-31
"""


_CLASSES = 200
"""More of them are not listed: part of a list would make errors of the rest."""


@click.command("init", short_help="Write a commented config file for a dataset.")
@click.argument("path", type=click.Path(path_type=Path), default=".")
@click.option("--force", is_flag=True, help="Replace an existing config file.")
@click.option("--stdout", "to_stdout", is_flag=True, help="Print it instead of writing PATH/datalint.toml.")
def command(path: Path, force: bool, to_stdout: bool) -> None:
    """Write PATH/datalint.toml with what was recognised there and the settings that people change."""
    require_memory()
    from datalint.config.settings import Config
    from datalint.dataset.guard import discovered
    from datalint.output import write
    from datalint.report.place import escaped

    data = discovered([path], Config())
    names = data.table("classes")["class"].unique().sort().to_list()
    quoted = ", ".join(_quoted(name) for name in names) if len(names) <= _CLASSES else f"... all {len(names):,}"
    classes = (
        f"\n# The classes there may be; any other is an error (rule DL404).\n# classes = [{quoted}]\n" if names else ""
    )
    layout = (
        f'\n# Read the labels as this format instead of recognising it.\n# layout = "{data.layouts[0]}"\n'
        if data.layouts
        else ""
    )
    evidence = "\n".join(f"#   {escaped(sentence)}" for sentence in data.evidence) or "#   nothing"
    text = TEMPLATE.format(evidence=evidence, classes=classes, layout=layout)
    if to_stdout:
        click.echo(text, nl=False)
        return
    target = path / "datalint.toml"
    if target.exists() and not force:
        raise click.ClickException(f"{target} exists already; --force replaces it, --stdout prints instead")
    write(target, text)
    click.echo(f"wrote {target}")


def _quoted(name: str) -> str:
    import json

    return json.dumps(name)
