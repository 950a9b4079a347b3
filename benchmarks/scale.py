"""What the rules, the table of findings and the reports cost among very many images.

    python benchmarks/scale.py [COUNT ...]
    python benchmarks/scale.py reports [FINDINGS]

Claims, at 1,000,000 images with 300,000 findings: all rules that need no boxes in under 40 s of CPU and 1 GB more than
the tables; to collect a finding takes under 15 µs and 400 bytes.

The tables are drawn, and are what a scan of class folders with three splits would make. One image in 10 is each:
blurry, dark, with a bar at two sides, of a wrong extension, and so on; one in 50 is a copy of another. One process a
count, so that each has a peak of its own. Of reports, text, HTML and SARIF of 1,000,000 findings are to take under 10 s
and 150 MB (`docs/scale.md` says what they do); JSON and JSON Lines are written in pieces, with no memory of their own.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from datalint.catalogue import registry
from datalint.config.settings import Config
from datalint.dataset import Dataset, schema
from datalint.judge.accept import Acceptances
from datalint.judge.collect import collect
from datalint.judge.plan import plan
from datalint.judge.run import judge
from datalint.output import in_bytes
from datalint.report import Report
from datalint.report.pictures import chosen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from datalint.judge.run import Hits
    from datalint.rule import Rule

CLASSES, PART = 100, 0.1
CLAIM = "claims at 1,000,000: rules and findings 40 s of CPU, 1 GB; a finding 15 µs, 400 bytes"


def tables(count: int) -> Dataset:
    """A dataset of so many images that are not there."""
    rng = np.random.default_rng(0)

    def some(part: float = PART) -> pl.Series:
        return pl.Series(rng.random(count) < part)

    split = pl.Series("split", ["train", "val", "test"]).gather(rng.choice(3, count, p=[0.8, 0.1, 0.1]))
    number = rng.integers(0, CLASSES, count)
    names = pl.Series([f"class-{one:02}" for one in range(CLASSES)])
    images = pl.DataFrame({"split": split, "class": names.gather(number), "at": np.arange(count)})
    images = images.with_columns(path=pl.format("{}/{}/{}.jpg", "split", "class", pl.col("at").cast(pl.String)))
    images = images.sort("path").with_row_index("image")

    def uniform(low: float, high: float) -> NDArray[np.float32]:
        return rng.uniform(low, high, count).astype(np.float32)

    copies = np.sort(rng.choice(count, count // 50, replace=False))
    words = rng.integers(0, 2**63, (4, count), np.int64)
    images = images.with_columns(
        os_path=pl.col("path").cast(pl.Binary),
        extension=pl.lit("jpg"),
        bytes=pl.Series(rng.integers(20_000, 200_000, count)),
        status=pl.when(some(0.002)).then(pl.lit("truncated")).otherwise(pl.lit("ok")),
        cause=pl.lit("the bit stream ends early"),
        sha256=pl.concat_str([pl.Series(word).cast(pl.String).str.zfill(16).str.slice(0, 16) for word in words]),
        format=pl.when(some()).then(pl.lit("PNG")).otherwise(pl.lit("JPEG")),
        mode=pl.lit("RGB"),
        width=pl.when(some(0.01)).then(2000).otherwise(500),
        height=375,
        orientation=pl.when(some()).then(6).otherwise(1),
        bits=8,
        colours=3,
        alpha=pl.lit(value=False),
        frames=1,
        colour_space=pl.lit("RGB"),
        jpeg_quality=90,
        **{name: uniform(0.3, 0.6) for name in ("mean_r", "mean_g", "mean_b", "square_r", "square_g", "square_b")},
        **{f"low_{channel}": uniform(0, 0.05) for channel in "rgb"},
        **{f"high_{channel}": uniform(0.9, 1) for channel in "rgb"},
        low=0.0,
        high=255.0,
        brightness_p1=uniform(0, 0.1),
        brightness_p5=uniform(0.05, 0.1),
        brightness_p50=uniform(0.4, 0.6),
        brightness_p95=uniform(0.8, 0.9),
        brightness_p99=pl.when(some()).then(pl.Series(uniform(0.1, 0.3))).otherwise(pl.Series(uniform(0.9, 1))),
        brightness=uniform(0.4, 0.6),
        contrast=uniform(0.15, 0.25),
        entropy=uniform(6, 7.9),
        sharpness=pl.when(some()).then(pl.Series(uniform(0.2, 0.6))).otherwise(pl.Series(uniform(1.5, 4))),
        colour_spread=pl.when(some()).then(0.001).otherwise(pl.Series(uniform(0.2, 0.6))),
        border_left=pl.when(some()).then(0.2).otherwise(0.0),
        border_right=0.0,
        border_top=0.0,
        border_bottom=0.0,
    ).with_columns(border_right=pl.col("border_left"))
    data = Dataset(Path("no-such-folder"))
    data.task = "single"
    data.tables["images"] = schema.conform("images", images)
    data.tables["splits"] = schema.conform("splits", images.select("image", "split"))
    named = images.select("image", "path", "class", class_id=pl.col("class").str.slice(6).cast(pl.Int64))
    data.tables["labels"] = schema.conform("labels", named)
    declared = named.select("class", "class_id").unique().sort("class").with_columns(source=pl.lit("folder"), used=True)
    data.tables["classes"] = schema.conform("classes", declared)
    folders = images.group_by("split", "class").agg(images=pl.len()).sort("split", "class")
    folders = folders.select(
        path=pl.format("{}/{}", "split", "class"), role=pl.lit("class"), of="class", images="images"
    )
    data.tables["folders"] = schema.conform("folders", folders)
    half = copies.size // 2
    pairs = pl.DataFrame({"a": copies[:half], "b": copies[half : 2 * half]}).with_columns(
        kind=pl.when(pl.Series(rng.random(half) < 0.5)).then(pl.lit("near")).otherwise(pl.lit("pixels")),
        distance=2,
        difference=0.01,
        transform=pl.lit("resized"),
        frames=pl.lit(value=False),
    )
    data.tables["pairs"] = schema.conform("pairs", pairs).sort("a", "b")
    data.tables["copies"] = data.grouped(pl.lit(value=True))
    return data


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def memory(field: str) -> float:
    """MB of this process: `VmRSS` now, `VmHWM` at most since the last `calm`."""
    return int(Path("/proc/self/status").read_text().split(f"{field}:")[1].split()[0]) / 1e3


def calm() -> None:
    """Forget the peak."""
    Path("/proc/self/clear_refs").write_text("5")


def hits_of(data: Dataset, config: Config) -> tuple[list[Rule], list[Hits]]:
    """The rules that need no boxes and no probe, and what they find."""
    rules, _ = plan(registry.select(config, registry.load(config)), data, {})
    rules = [rule for rule in rules if not rule.code.startswith("DL9")]
    hits, crashed = judge(rules, data, config, None)
    assert not crashed, crashed
    return rules, hits


def one(count: int) -> None:
    data, config = tables(count), Config(isolated=True)
    size = sum(table.estimated_size() for table in data.tables.values()) / 1e6
    calm()
    before, start = memory("VmRSS"), cpu()
    rules, hits = hits_of(data, config)
    judged, high = cpu() - start, memory("VmHWM") - before
    print(f"{count:,} images: tables {size:,.0f} MB; {len(rules)} rules {judged:.1f} s of CPU, peak +{high:,.0f} MB")
    calm()
    before, start = memory("VmRSS"), cpu()
    found = collect(hits, data, Acceptances(config, data))
    spent, high = cpu() - start, memory("VmHWM") - before
    rows = found.findings.height
    kept = (found.findings.estimated_size() + beside_letters(found.members)) / rows
    print(
        f"{count:,} images: {rows:,} findings and {found.members.height:,} members {spent:.1f} s of CPU, "
        f"peak +{high:,.0f} MB: {spent / rows * 1e6:.1f} µs a finding, {high / rows * 1e6:,.0f} bytes at the peak, "
        f"{kept:,.0f} kept"
    )


def beside_letters(members: pl.DataFrame) -> int:
    """Bytes of the members: the letters of their texts are those of the findings and of the dataset's tables."""
    return sum(16 * each.count() if each.dtype == pl.String else int(each.estimated_size()) for each in members)


def repeated(frame: pl.DataFrame, name: str, times: int) -> pl.DataFrame:
    """The rows so many times; the ids in the column `name` are others each time."""
    return pl.concat(frame.with_columns(pl.col(name) + f"-{time}") for time in range(times))


def report_of(count: int) -> Report:
    data, config = tables(100_000), Config(isolated=True)
    rules, hits = hits_of(data, config)
    found = collect(hits, data, Acceptances(config, data))
    times = -(-count // found.findings.height)
    findings = repeated(found.findings, "id", times).sort("severity", "code", "path", nulls_last=True).head(count)
    members = repeated(found.members, "finding", times).sort("finding")
    members = members.filter(pl.col("finding").is_in(findings["id"].implode()))
    return Report(data, config, findings, members, tuple(rules))


def reports(count: int) -> None:
    """What is made of as many findings: those among 100,000 images, again and again under other ids."""
    report = report_of(count)
    print(f"{len(report):,} findings, {report.members.height:,} members")
    for name in ("pictures", "text", "html", "sarif", "jsonl", "json"):
        calm()
        before, start = memory("VmRSS"), cpu()
        written = sum(map(len, in_bytes(report.parts(name)))) if name != "pictures" else len(chosen(report))
        spent, high = cpu() - start, memory("VmHWM") - before
        print(f"{name:8} {spent:5.1f} s of CPU, peak +{high:4,.0f} MB, {written / 1e6:6.1f} MB written", flush=True)


def main() -> None:
    counts = sys.argv[1:] or ["100000", "1000000"]
    if counts[0] == "reports":
        reports(int(counts[1]) if counts[1:] else 1_000_000)
        return
    if len(counts) == 1:
        one(int(counts[0]))
        return
    print(CLAIM, flush=True)
    for count in counts:
        subprocess.run([sys.executable, __file__, count], check=True)


if __name__ == "__main__":
    main()
