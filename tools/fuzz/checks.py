"""What must hold of the scan of a folder, whatever lies in it."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from tools.fuzz.process import OPTIONS, scan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tools.fuzz.process import Ended

#: How the loss of a worker, or a failure of datalint's own code, is reported of a file.
_LOST = re.compile(r"reading it (?:crashed|was stopped|ended the process|failed)|it cannot be measured: \w+")
#: In the HTML report, which alone says how long it took, when, and what was typed.
_OF_THE_RUN = re.compile(rb"ran in [\d.]+ s|<dt>(?:Command|Date)</dt><dd[^>]*><bdi>[^<]*</bdi></dd>")
_NOTICE = re.compile(r"(?m)^datalint: sarif: the worst .*\n?")  # of so many findings that a format leaves some out
_UNRECOGNISED = "not read: no label format was recognised in it"
_SHOWN = 3  # examples in words


class Limits(NamedTuple):
    """What is too much."""

    seconds: float = 600.0
    """Of a scan."""
    file_seconds: float = 10.0
    """Of one file."""
    peak: int = 1_500_000_000
    """Bytes of the process and its workers."""
    asked: float = 0.2
    """The least share of label files in which a format must be recognised: below it, the reader is not tested."""


class Fault(NamedTuple):
    """Something that does not hold."""

    kind: str
    words: str


@dataclass
class Result:
    """What the scans of a folder came to."""

    faults: list[Fault] = field(default_factory=list)
    files: int = 0
    scanned: bool = False
    """Whether every scan ended well."""
    read: int = 0
    """Mutants that were measured, or label files in which a format was recognised."""
    bad: int = 0
    """Mutants that were found to be damaged, or label files with a problem."""
    seconds: float = 0.0
    peak: int = 0
    slowest: float = 0.0
    slowest_file: str = ""

    def add(self, kind: str, words: str) -> None:
        """A fault."""
        self.faults.append(Fault(kind, words))


class _Tables(NamedTuple):
    """What a scan says of the files that it was given."""

    images: pl.DataFrame
    skipped: pl.DataFrame
    problems: pl.DataFrame
    report: dict[str, Any]

    @classmethod
    def of(cls, out: Path) -> _Tables:
        """As a scan exported them."""
        tables = out / "tables"
        images, skipped, problems = (pl.read_parquet(tables / f"{name}.parquet") for name in cls._fields[:3])
        return cls(images, skipped, problems, json.loads((tables / "report.json").read_bytes()))


def check(
    place: Path,
    targets: Mapping[bytes, int],
    *,
    labels: bool,
    cached: bool,
    limits: Limits = Limits(),  # noqa: B008 - a tuple of numbers
    options: tuple[str, ...] = OPTIONS,
) -> Result:
    """Scan `place` with one worker, with two and an empty cache, and with the same cache again, and look at it all.

    `targets` are the files that must be accounted for; `labels` says whether they are label files, not images, and
    `cached` whether a cache keeps anything of them: else the last scan is left out.
    """
    result = Result(files=len(targets))
    with tempfile.TemporaryDirectory(prefix="fuzz-scans-") as folder:
        outs = [Path(folder) / name for name in ("one", "two", "again")][: 3 if cached else 2]
        for out, jobs in zip(outs, (1, 2, 2), strict=False):
            cache = None if out is outs[0] else Path(folder) / "cache"
            ended = scan(place, out, jobs=jobs, cache=cache, limit=limits.seconds, options=options)
            _outside(result, ended, out, limits, jobs)
            if ended.code not in (0, 1):
                return result
        result.scanned = True
        _equal(result, outs)
        _inside(result, _Tables.of(outs[0]), targets, labels, limits)
    return result


def _outside(result: Result, ended: Ended, out: Path, limits: Limits, jobs: int) -> None:
    """What can be seen without looking into the reports."""
    which = f"at -j{jobs} ({out.name})"
    result.seconds += ended.seconds
    result.peak = max(result.peak, ended.peak)
    if ended.code is None:
        result.add("hang", f"the scan {which} was ended after {limits.seconds:.0f} s")
    elif ended.code not in (0, 1):
        result.add("exit", f"exit code {ended.code} {which}: {_end_of(ended.stderr)}")
    if said := _NOTICE.sub("", ended.stderr).strip():
        result.add("stderr", f"on stderr {which}: {_end_of(said)}")
    if ended.workers > 2 * jobs + 1:  # one reads labels, with others of its own that look into images
        result.add("worker", f"{ended.workers} workers were started {which}: one was lost")
    if ended.leftovers:
        result.add("leftover", f"left in TMPDIR {which}: {', '.join(ended.leftovers[:_SHOWN])}")
    if ended.peak > limits.peak:
        result.add("memory", f"{ended.peak / 1e6:,.0f} MB {which}")


def _equal(result: Result, outs: list[Path]) -> None:
    """The number of workers and the cache must not change a byte."""
    first = outs[0]
    names = [*sorted(str(path.relative_to(first)) for path in first.glob("[tr]*/*")), "stdout"]
    for other in outs[1:]:
        differing = [name for name in names if not _same(first / name, other / name)]
        if differing:
            result.add("unequal", f"the scans `{first.name}` and `{other.name}` differ: {', '.join(differing)}")


def _same(one: Path, other: Path) -> bool:
    if not other.exists():
        return False
    if _OF_THE_RUN.sub(b"", one.read_bytes()) == _OF_THE_RUN.sub(b"", other.read_bytes()):
        return True
    return one.suffix == ".parquet" and pl.read_parquet(one).equals(pl.read_parquet(other))


def _inside(result: Result, tables: _Tables, targets: Mapping[bytes, int], labels: bool, limits: Limits) -> None:
    """What the tables and reports say."""
    for rule in tables.report["summary"]["rules_not_run"]:
        if rule["reason"].startswith("crashed"):
            result.add("rule", f"{rule['code']} {rule['reason']}")
    causes = (
        tables.images.select("path", words="cause"),
        tables.problems.select(path="file", words="reason"),
        tables.skipped.select("path", words="reason"),
    )
    lost = pl.concat(causes).filter(pl.col("words").str.contains(_LOST.pattern))
    if lost.height:
        result.add("lost", f"{lost.height} files, {_shown(lost.rows())}")
    _accounted(result, tables, targets)
    of = tables.images.filter(pl.col("os_path").is_in([*targets]))
    if not labels or of.height:  # of image folders the names are damaged
        result.read = of.height
        result.bad = of.filter(pl.col("status") != "ok").height
        return
    names = [name.decode("utf-8", "backslashreplace") for name in targets]
    asked = tables.skipped.filter(pl.col("path").is_in(names), pl.col("reason") != _UNRECOGNISED)
    result.read = asked.height
    if result.read < limits.asked * result.files:
        result.add("unasked", f"a format was recognised in only {result.read} of {result.files} files")
    result.bad = tables.problems.filter(pl.col("file").is_in(names))["file"].n_unique()


def _accounted(result: Result, tables: _Tables, targets: Mapping[bytes, int]) -> None:
    """Each file is or holds an image with a status, or is skipped with a reason, or lies in a folder that is."""
    images = set(tables.images.filter(pl.col("status").is_not_null())["os_path"])
    images |= {path.rpartition(b"/")[0] for path in images}
    skipped = {path.encode() for path in tables.skipped["path"]}

    def known(target: bytes) -> bool:
        if target in images:
            return True
        parts = target.decode("utf-8", "backslashreplace").encode().split(b"/")
        return any(b"/".join(parts[:length]) in skipped for length in range(1, len(parts) + 1))

    missing = [target for target in targets if not known(target)]
    if missing:
        result.add("unaccounted", f"{len(missing)} files, {_shown(missing)}")


def _shown(examples: list[object] | list[bytes] | list[tuple[object, ...]]) -> str:
    return f"such as {', '.join(map(str, examples[:_SHOWN]))}"


def _end_of(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return " / ".join(lines[-_SHOWN:])[:600]


__all__ = ["Fault", "Limits", "Result", "check"]
