"""Scan folders full of damaged images and label files, and check what must hold of every scan.

    python -m tools.fuzz --minutes 2                                    what CI does
    python -m tools.fuzz --formats images --count 200000 --out DIR      goes on where it was interrupted
    python -m tools.fuzz --seed 0 --only 137                            one folder again
    python -m tools.fuzz --seed 0 --only 137 --reduce                   and the file in it that is to blame
    python -m tools.fuzz --corpus DIR                                   files that others have collected

Each folder holds mutants of one format; formats take turns by the number of the folder. The same seed, number and size
give the same files (with the same Pillow, which draws what is damaged). Folders that fail are kept in DIR/failed.
The checks are in `checks.py`. Exits with 1 if one of them failed.
"""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tools.fuzz import checks, corpus, timing
from tools.fuzz.folder import FORMATS, IMAGES, LABELS, Folder
from tools.fuzz.process import OPTIONS
from tools.fuzz.progress import Figures, OtherRunError, Progress
from tools.fuzz.reduce import reduced

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from tools.fuzz.checks import Result

ROOT = Path(__file__).resolve().parent.parent.parent
OUT = ROOT / "artefacts" / "fuzz"
_GROUPS = {"images": IMAGES, "labels": LABELS, "all": FORMATS}


def formats_of(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[str, ...]:
    """Names of formats from `png,labels`."""
    names: list[str] = []
    for name in value.split(","):
        if name not in _GROUPS and name not in FORMATS:
            raise click.BadParameter(f"unknown format {name!r}; known: {', '.join((*_GROUPS, *FORMATS))}")
        names += _GROUPS.get(name, (name,))
    return tuple(dict.fromkeys(names))


@dataclass(frozen=True)
class Run:
    """How folders are scanned."""

    seed: int
    size: int
    out: Path
    limits: checks.Limits
    options: tuple[str, ...]

    def folder(self, number: int) -> Folder:
        """The folder of a number."""
        return Folder(self.seed, number, self.size)

    def command(self, number: int) -> str:
        """What draws and scans it again."""
        return f"python -m tools.fuzz --seed {self.seed} --size {self.size} --only {number}"

    def check(self, folder: Folder, keep: str = "", only: Collection[int] | None = None) -> Result:
        """Draw a folder, or some of its mutants, and scan it; if that fails, keep it under this name."""
        with tempfile.TemporaryDirectory(prefix="fuzz-") as temporary:
            place = Path(temporary) / "data"
            place.mkdir()
            targets = folder.write(place, only)
            labels = folder.format in LABELS
            cached = not labels or folder.format == "masks"
            result = checks.check(
                place, targets, labels=labels, cached=cached, limits=self.limits, options=self.options
            )
            if result.scanned and folder.timed:
                self._time(result, folder, place, targets)
            if result.faults and keep:
                kept = self.out / "failed" / keep
                shutil.rmtree(kept, ignore_errors=True)
                shutil.copytree(place, kept)
        return result

    def _time(self, result: Result, folder: Folder, place: Path, targets: dict[bytes, int]) -> None:
        """Which mutant takes longest. Label files that may be it are drawn and read alone."""
        if folder.format in IMAGES:
            seconds, slowest = timing.slowest_image(place, targets)
        else:
            took: list[tuple[float, bytes]] = []
            for name in timing.suspects(place, targets, self.limits.seconds):
                with tempfile.TemporaryDirectory(prefix="fuzz-") as alone:
                    folder.write(Path(alone), [targets[name]])
                    took.append((timing.reading(Path(alone), self.limits.seconds), name))
            seconds, slowest = max(took, default=(0.0, b""))
        self._note(result, seconds, slowest)

    def _note(self, result: Result, seconds: float, slowest: bytes | None) -> None:
        result.slowest, result.slowest_file = seconds, (slowest or b"").decode("utf-8", "backslashreplace")
        if seconds > self.limits.file_seconds:
            result.add("slow", f"{result.slowest_file} takes {seconds:.1f} s alone")

    def check_corpus(self, source: Path) -> Result:
        """Scan a copy of a folder of files of any kind."""
        with tempfile.TemporaryDirectory(prefix="fuzz-") as temporary:
            place = Path(temporary) / source.name
            targets = corpus.gather(source, place)
            result = checks.check(place, targets, labels=False, cached=True, limits=self.limits, options=self.options)
            pictures = [target for target in targets if corpus.is_image(target)]
            if result.scanned and pictures:
                self._note(result, *timing.slowest_image(place, pictures))
        return result

    def reduce(self, folder: Folder, faults: Collection[str]) -> list[int]:
        """The mutants that are enough for one of these kinds of faults."""

        def fails(numbers: Sequence[int]) -> bool:
            found = self.check(folder, only=numbers).faults
            return any(fault.kind in faults for fault in found)

        return reduced(range(folder.size), fails)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--seed", default=0, show_default=True, help="Of all chance.")
@click.option("--size", default=2000, show_default=True, help="Mutants of a folder.")
@click.option("--formats", default="all", callback=formats_of, help="images, labels, all, or formats: png,coco.")
@click.option("--count", type=int, help="Stop after so many mutants, those of earlier runs included.")
@click.option("--minutes", type=float, help="Stop after so long.")
@click.option("--only", type=int, help="Scan the folder of this number and no other.")
@click.option("--reduce", "reduce_", is_flag=True, help="Search for the guilty files of folders that fail.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=ROOT / "artefacts" / "fuzz", help="Record and failures."
)
@click.option("--table", is_flag=True, help="Print the figures so far in Markdown, and scan nothing.")
@click.option("--fresh", is_flag=True, help="Begin anew instead of going on.")
@click.option(
    "--corpus",
    "corpora",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Scan the files in this folder and no mutants. Repeatable.",
)
@click.option("--scan-option", "options", multiple=True, help="For datalint scan, in place of the usual ones.")
def main(
    seed: int,
    size: int,
    formats: tuple[str, ...],
    count: int | None,
    minutes: float | None,
    only: int | None,
    reduce_: bool,
    out: Path,
    table: bool,
    fresh: bool,
    corpora: tuple[Path, ...],
    options: tuple[str, ...],
) -> None:
    """Scan folders of damaged files and check what must hold of every scan."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what is drawn is removed, and the scan ended
    out = out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    run = Run(seed, size, out, checks.Limits(), options or OPTIONS)
    if corpora:
        sys.exit(_scan_corpora(run, corpora))
    record = out / ("progress.json" if only is None else f"only-{only}.json")
    if fresh or only is not None:
        record.unlink(missing_ok=True)
    try:
        progress = Progress.at(record, seed, size)
    except OtherRunError as error:
        raise click.ClickException(str(error)) from None
    if table:
        click.echo(progress.table())
        return
    end = None if minutes is None else time.monotonic() + 60 * minutes
    for number in [only] if only is not None else _numbers(progress, formats, count, end):
        folder = run.folder(number)
        start = time.monotonic()
        result = run.check(folder, keep=str(number))
        progress.add(number, folder.format, result)
        _tell(f"{number} {folder.format}{' apart' if folder.apart else ''}", result, time.monotonic() - start)
        if result.faults:
            click.echo(f"  again: {run.command(number)}; its files: {out / 'failed' / str(number)}")
            if reduce_:
                guilty = run.reduce(folder, {fault.kind for fault in result.faults})
                run.check(folder, keep=f"{number}-reduced", only=guilty)
                click.echo(f"  reduced to {len(guilty)} files: {out / 'failed' / f'{number}-reduced'}")
    click.echo(f"\n{progress.table()}")
    if progress.failed:
        click.echo(
            f"FAILED: {len(progress.failed)} folders, {progress.failed[0]} first: {run.command(progress.failed[0])}"
        )
        sys.exit(1)


def _numbers(progress: Progress, formats: Collection[str], count: int | None, end: float | None) -> Iterator[int]:
    """Numbers of folders of these formats, as long as more are wanted."""
    number = progress.next
    while (count is None or progress.mutants < count) and (end is None or time.monotonic() < end):
        if FORMATS[number % len(FORMATS)] in formats:
            yield number
        number += 1


def _scan_corpora(run: Run, corpora: Sequence[Path]) -> int:
    """The exit code."""
    total = Figures()
    for source in corpora:
        start = time.monotonic()
        result = run.check_corpus(source.resolve())
        total.add(result, 0)
        _tell(str(source), result, time.monotonic() - start)
    click.echo(f"\n{total.mutants:,} files, peak {total.peak / 1e6:,.0f} MB, slowest {total.slowest:.2f} s")
    return 1 if total.faults else 0


def _tell(what: str, result: Result, seconds: float) -> None:
    click.echo(
        f"{what}: {result.files:,} files, "
        f"{result.read:,} read, {result.bad:,} bad; {seconds:.1f} s ({result.files / seconds:.0f} a second), "
        f"slowest {result.slowest:.2f} s, peak {result.peak / 1e6:,.0f} MB"
    )
    for fault in result.faults:
        click.echo(f"  FAULT {fault.kind}: {fault.words}")


if __name__ == "__main__":
    main()
