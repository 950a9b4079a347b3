"""`datalint fix`."""

from __future__ import annotations

import os
import shlex
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from datalint.cli.options import emit, given, names, of_a_scan, option, rule_names
from datalint.cli.process import require_memory, tell

#: Options that are settings.
_SETTINGS = (
    "select", "extend_select", "ignore", "preview", "layout", "isolated", "jobs", "no_cache", "cache_dir",
    "allow_plugins",
)  # fmt: skip
_NOTHING = "Nothing is changed: --to DIR writes a corrected copy, --in-place changes the dataset."


@click.command("fix", short_help="Repair a dataset: in a copy, or in place and so that it can be undone.")
@click.argument("dataset", required=False, metavar="[DATASET]", default=".")
@option("--only", multiple=True, callback=names, metavar="RULES", shell_complete=rule_names, help="Repair only these.")
@option("--safe", is_flag=True, help="Repair what loses nothing (the default without --only and --decisions).")
@option("--decisions", type=click.Path(path_type=Path), metavar="FILE", help="Do what decisions.jsonl says.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done, with a diff of label files (the default).")
@click.option("--to", type=click.Path(path_type=Path), metavar="DIR", help="Write a corrected copy to this new folder.")
@click.option("--in-place", is_flag=True, help="Change the dataset: in a clean Git work tree, or with --backup.")
@click.option("--backup", type=click.Path(path_type=Path), metavar="DIR", help="Keep what --in-place changes here.")
@click.option("--link", is_flag=True, help="Let unchanged files of --to be hard links where that is possible.")
@click.option("--undo", type=click.Path(path_type=Path), metavar="MANIFEST", help="Undo an --in-place repair.")
@click.option(
    "--keep",
    type=click.Choice(["first", "largest", "train"]),
    default="first",
    help="Which of several equal pictures stays (default: first).",
)
@click.option("--out-of", metavar="SPLIT", help="The split that pictures in two splits are taken out of.")
@option("--select", multiple=True, callback=names, metavar="RULES", shell_complete=rule_names, help="Run only these.")
@option(
    "--extend-select", multiple=True, callback=names, metavar="RULES", shell_complete=rule_names, help="Run these too."
)
@option("--ignore", multiple=True, callback=names, metavar="RULES", shell_complete=rule_names, help="Do not run these.")
@option("--preview", is_flag=True, help="Allow preview rules.")
@of_a_scan
@click.pass_context
def command(context: click.Context, /, dataset: str, **options: Any) -> None:
    """Repair the dataset in the folder DATASET (default: here): its findings whose rules have a fixer.

    Without --to or --in-place nothing is changed: the plan is printed, with a diff of label files. The result is
    scanned again; exit code 1 says that it is not what it should be.

    \b
    datalint fix data --only wrong-extension
    datalint fix data --only split-leak --out-of train --to clean
    datalint fix data --safe --in-place --backup kept
    datalint fix --undo kept/manifest.json
    """
    from datalint.repair.edits import FixError

    _refuse_contradictions(options)
    try:
        context.exit(_undone(options["undo"]) if options["undo"] else _fixed(Path(dataset), dataset, options))
    except FixError as error:
        raise click.ClickException(str(error)) from None


def _refuse_contradictions(options: dict[str, Any]) -> None:
    modes = [name for name, on in (("--dry-run", "dry_run"), ("--to", "to"), ("--in-place", "in_place")) if options[on]]
    if options["undo"]:
        modes.append("--undo")
    if len(modes) > 1:
        raise click.UsageError(f"{' and '.join(modes)} exclude each other")
    for name, on, needed in (("--backup", "backup", "in_place"), ("--link", "link", "to")):
        if options[on] and not options[needed]:
            raise click.UsageError(f"{name} needs --{needed.replace('_', '-')}")


def _undone(manifest: Path) -> int:
    from datalint.repair.journal import undo

    done = undo(manifest)
    emit(f"{done:,} file{' is' if done == 1 else 's are'} as before\n")
    return 0


def _fixed(root: Path, named: str, options: dict[str, Any]) -> int:
    require_memory()
    from datalint import engine
    from datalint.cli.progress import bars, logged
    from datalint.config.resolve import resolve
    from datalint.repair import decisions, words
    from datalint.repair.changes import Policy
    from datalint.repair.check import Check
    from datalint.repair.chosen import chosen
    from datalint.repair.copy import copy
    from datalint.repair.edits import FixError
    from datalint.repair.fix import PROBE
    from datalint.repair.journal import MANIFEST, apply
    from datalint.repair.plan import plan
    from datalint.report.place import escaped
    from datalint.sources.url import Url, place_of

    if isinstance(place_of(named), Url) or (root.exists() and not root.is_dir()):
        raise FixError(f"{named} is not a folder: unpack an archive, or copy a store, and repair that")
    decided = decisions.read(options["decisions"]) if options["decisions"] else {}
    config = resolve([root], options["config"], given(options, _SETTINGS))
    asked, config = config, config.merged(ignore=(*config.ignore, PROBE))
    only, told = options["only"], options["decisions"]
    wanted = chosen(only, safe=options["safe"] or not (only or told))
    backup = _backup(root, options) if options["in_place"] else None
    with bars(enabled=not options["no_progress"]) as progress, logged(quiet=False, verbose=False):
        report = engine.scan(root, config=config, progress=progress)
        if decided.keys() - set(report.findings["id"]):  # perhaps about what the probe found
            report = replace(engine.scan(root, config=asked, progress=progress), config=config)
        if report.exit_code == 3:
            tell(f"datalint: nothing was scanned: no image and no label record in {escaped(named)}")
            return 3
        if report.exit_code == 2:
            raise FixError("a rule crashed, so nothing is repaired: datalint scan says which")
        made = plan(report, wanted, Policy(options["keep"], options["out_of"]), decided)
        emit("\n".join(map(escaped, words.said(made))) + "\n")
        if not made or not (options["to"] or backup):
            emit("\n".join(["", *words.diffs(made), "", _NOTHING if made else "Nothing is changed.", ""]))
            return 0
        check = Check(report, made, progress)
        if backup:
            # Before anything is changed: the process may be ended in the middle.
            manifest = shlex.quote(str(Path(os.path.abspath(backup)) / MANIFEST))
            emit(f"\nTo undo what follows, also where it is interrupted: datalint fix --undo {escaped(manifest)}\n")
            apply(made, backup)
            after, said = root, "Changed in place."
        else:
            copy(made, options["to"], link=options["link"])
            after, said = options["to"], f"The corrected copy is in {options['to']}"
        outcome = check.after(after)
    emit("\n".join(["", escaped(said), *map(escaped, str(outcome).split("\n")), ""]))
    return outcome.exit_code


def _backup(root: Path, options: dict[str, Any]) -> Path:
    """The folder for what is changed in place: the given one, else one in the Git folder of a clean work tree."""
    from datalint.git import Checkout, NoAnswerError, run
    from datalint.repair.edits import FixError

    if options["backup"]:
        return Path(options["backup"])
    try:
        changes = Checkout(root.resolve()).changed()
    except NoAnswerError:
        raise FixError(f"{root} is in no Git work tree: --in-place needs --backup DIR") from None
    if changes.files or changes.folders:
        raise FixError(f"{root} has changes that are not committed: commit them, or give --backup DIR")
    folder = run(root, "rev-parse", "--absolute-git-dir")
    if folder is None:
        raise FixError(f"Git does not answer in {root}: --in-place needs --backup DIR")
    when = time.strftime("%Y-%m-%d-%H%M%S")
    return Path(os.fsdecode(folder.rstrip(b"\n"))) / "datalint-fix" / when
