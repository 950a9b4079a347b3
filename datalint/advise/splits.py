"""A split that keeps together what belongs together: copies, recordings, patients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.advise.snippet import Snippet, comment, count, literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalint.advise.facts import Facts

#: Of fewer pictures a split that is there is kept, and what leaks is taken out.
_LEAKING = 0.05


def split(facts: Facts) -> Snippet | None:
    """None where the splits are as they should be."""
    if facts.splits and facts.apart + facts.grouped <= _LEAKING * facts.images:
        return None
    imports = (
        "import datalint", "import json", "import random", "from collections import Counter, defaultdict",
        "from pathlib import Path",
    )  # fmt: skip
    code = ['SHARES = {"train": 0.8, "val": 0.1, "test": 0.1}', "", "", *_together(facts), *_SHARED_OUT]
    return Snippet("A split by group", "\n".join(code), tuple(_reasons(facts)), imports)


def _reasons(facts: Facts) -> Iterator[str]:
    copies = f"{count(facts.copies, 'picture')} {_have(facts.copies)} copies"
    if not facts.splits:
        yield "The dataset has no splits."
    if facts.apart:
        yield f"{count(facts.apart, 'picture')} {_have(facts.apart)} a copy in another split."
    elif facts.copies:
        yield f"{copies}: in two splits they would be a leak."
    if facts.grouped:
        yield f"{count(facts.grouped, 'picture')} of one source (a recording, a patient) are spread over splits."
    if facts.groups:
        yield f"{count(facts.groups, 'folder')} of pictures that belong together."
    if facts.splits:
        yield "Move the files, or change the lists, as parts() says."


def _together(facts: Facts) -> list[str]:
    """Code that puts together what must not be parted."""
    rules = ["DL602", *(["DL703"] if facts.grouped else [])]
    labels = "boxes" if facts.objects else "labels"
    return [
        'def parts(file: Path = Path("splits.json"), seed: int = 0) -> dict[str, str]:',
        '    """Path -> split: what belongs together is in one, and the classes are spread evenly."""',
        comment("made once and kept (commit the file): with a new split old figures say nothing", 4),
        "    if file.exists():",
        '        return json.loads(file.read_text("utf-8"))',
        f"    report = datalint.scan(ROOT, select=[{', '.join(map(literal, rules))}])",
        "    tables = report.tables",
        comment("copies of a picture, found by their pixels", 4),
        '    group = dict(tables["copies"].select("image", "group").iter_rows())',
        *(_sources() if facts.grouped else []),
        *(_group_folders() if facts.groups else []),
        f'    label = dict(tables["{labels}"].select("image", "class").iter_rows())',
        "    together = defaultdict(list)",
        '    for image, path, status in tables["images"].select("image", "path", "status").iter_rows():',
        '        if status == "ok":',
        f"            together[{_key(facts)}].append((path, label.get(image)))",
    ]


#: Code that gives each group to the split that lacks most of its class.
_SHARED_OUT = (
    "    order = list(together.values())",
    "    random.Random(seed).shuffle(order)",
    comment("the largest first: the small ones then fill the gaps", 4),
    "    order.sort(key=len, reverse=True)",
    "    placed, found = defaultdict(Counter), {}",
    "    for members in order:",
    "        counts = placed[members[0][1]]",
    "        total = counts.total() + len(members)",
    "        part = max(SHARES, key=lambda name: SHARES[name] * total - counts[name])",
    "        counts[part] += len(members)",
    "        found.update((path, part) for path, _ in members)",
    '    file.write_text(json.dumps(found, indent=1), "utf-8")',
    "    return found",
)


def _have(number: int) -> str:
    return "has" if number == 1 else "have"


def _sources() -> list[str]:
    return [
        comment("sources that are spread over splits now", 4),
        '    leaks = report.findings.filter(report.findings["code"] == "DL703")["id"]',
        '    members = report.members.filter(report.members["finding"].is_in(leaks.implode()))',
        '    source = dict(members.select("image", "subject").iter_rows())',
    ]


def _group_folders() -> list[str]:
    return [
        comment("folders of pictures that belong together", 4),
        '    folders = set(tables["folders"].filter(tables["folders"]["role"] == "group")["path"])',
    ]


def _key(facts: Facts) -> str:
    key = "group.get(image, image)"
    if facts.groups:
        key = f'folder if (folder := path.rpartition("/")[0]) in folders else {key}'
    return f"source.get(image) or ({key})" if facts.grouped else key


__all__ = ["split"]
