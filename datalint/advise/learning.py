"""What learns from the pictures: a network for small ones, a loss or sampler for uneven classes, batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.advise.pictures import NAMES, channels, is_low, side
from datalint.advise.snippet import Snippet, comment, listed, literal, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalint.advise.facts import Facts

#: Largest count over smallest: up to the first nothing is done, above the second it is done by halves.
_EVEN, _STEEP = 1.5, 10.0
_BATCH = 32
#: A class that is in fewer than one batch in two is drawn more often.
_SELDOM = 0.5
#: Side of pictures up to which a network does not shrink them before its first block.
_TINY = 40
_READ_ONLY = "{path: split for path, split in parts().items() if path not in UNREAD}"
#: Paths that are written out.
_PATHS = 50


def learning(facts: Facts) -> Iterator[Snippet]:
    """The snippets, for labels of whole pictures."""
    if not facts.classes:
        return
    if is_low(facts):
        yield _network(facts)
    if len(facts.classes) <= NAMES and any(facts.counts.values()):
        yield _labels(facts) if facts.several else _classes(facts)
    if facts.folders:
        yield _batches(facts)


def _network(facts: Facts) -> Snippet:
    size, inputs = side(facts), channels(facts)
    tiny = size <= _TINY
    fewer = "" if tiny else "; the pooling stays, which halves them"
    code = [
        "def network() -> nn.Module:",
        "    model = resnet18(num_classes=len(CLASSES))",
        comment(
            f"the first layers, as they are for ImageNet, would shrink {size}x{size} pixels to "
            f"{-(-size // 4)}x{-(-size // 4)} before the first block{fewer}", 4,
        ),
        f"    model.conv1 = nn.Conv2d({inputs}, 64, kernel_size=3, stride=1, padding=1, bias=False)",
        *(["    model.maxpool = nn.Identity()"] if tiny else []),
        "    return model",
    ]  # fmt: skip
    reasons = [
        f"Pictures of {size} pixels lose most in the first layers of a network for ImageNet: of every four pixels in a "
        "row they leave one.",
        "The other way is to enlarge them to 224 pixels for pretrained weights: better where there are few pictures, "
        f"and {(224 / size) ** 2:.0f} times the pixels.",
    ]
    if inputs == 1:
        reasons.append("All pictures are grey, so the network takes one channel.")
    imports = ("from torch import nn", "from torchvision.models import resnet18")
    return Snippet("A network for small pictures", "\n".join(code), tuple(reasons), imports)


def _classes(facts: Facts) -> Snippet:
    found = [number for number in facts.counts.values() if number]
    least, most = min(found), max(found)
    seldom = least / sum(found) * _BATCH < _SELDOM
    part = " of the train split" if "train" in facts.splits else ""
    smallest = next(name for name, number in facts.counts.items() if number == least)
    uneven = f"the largest class has {most / least:.3g} times the pictures of the smallest, {smallest!r} ({least:,})"
    if most <= _EVEN * least:
        code = ["loss = nn.CrossEntropyLoss()"]
        figures = f"{least:,} to {most:,} pictures" if most > least else f"{least:,} pictures each"
        why = f"The classes are even ({figures}{part}): no weights, no sampler."
        return Snippet("Loss", "\n".join(code), (why,), ("from torch import nn",))
    steep = most > _STEEP * least
    power = "(counts.sum() / counts).sqrt()" if steep else "counts.sum() / counts"
    halves = "the square root: with the full weight a few pictures would rule the training" if steep else ""
    code = [
        comment(f"pictures of each class{part}"),
        mapping("COUNTS", facts.counts),
        "counts = torch.tensor([COUNTS[name] for name in CLASSES], dtype=torch.float32)",
        *([comment(halves)] if halves else []),
        comment("a class without a picture has no weight"),
        f"weights = torch.where(counts > 0, {power}, 0.0)",
        "weights = weights / weights[counts > 0].mean()",
    ]
    reasons = [f"{uneven[0].upper()}{uneven[1:]}."]
    imports = ["import torch", "from torch import nn"]
    if seldom:
        imports.append("from torch.utils.data import WeightedRandomSampler")
        code += [
            "loss = nn.CrossEntropyLoss()",
            "",
            "",
            "def sampler(labels: list[int]) -> WeightedRandomSampler:",
            comment(f"of {_BATCH} pictures drawn evenly, fewer than one batch in two would hold {smallest!r}", 4),
            "    return WeightedRandomSampler(weights[torch.tensor(labels)].tolist(), num_samples=len(labels))",
        ]
        reasons.append("So rare a class is drawn more often. A sampler or weights in the loss, never both.")
        return Snippet("Sampler", "\n".join(code), tuple(reasons), tuple(imports))
    code.append("loss = nn.CrossEntropyLoss(weight=weights)")
    reasons.append("Most batches hold the smallest class, so weights do; with a sampler as well it would count twice.")
    return Snippet("Class weights", "\n".join(code), tuple(reasons), tuple(imports))


def _labels(facts: Facts) -> Snippet:
    """Of pictures that may have several labels each."""
    code = [
        comment(f"pictures with each label, of {facts.labelled:,}"),
        mapping("COUNTS", facts.counts),
        "counts = torch.tensor([COUNTS[name] for name in CLASSES], dtype=torch.float32)",
        comment("pictures without a label for each with it; the square root, or rare labels would be seen everywhere"),
        f"weights = (({facts.labelled} - counts) / counts.clamp(min=1)).clamp(min=0.01).sqrt()",
        comment("a picture may have several labels: a yes or no for each, not one class out of all"),
        "loss = nn.BCEWithLogitsLoss(pos_weight=weights)",
    ]
    reasons = (
        "A picture may have several labels, so each is a question of its own.",
        "With such weights scores are higher than the shares of the labels: choose the threshold of each label on the "
        "validation split.",
    )
    return Snippet("Loss of several labels", "\n".join(code), reasons, ("import torch", "from torch import nn"))


def _batches(facts: Facts) -> Snippet:
    """Data sets and loaders of class folders."""
    imports = ["from torch.utils.data import DataLoader", "from torchvision.datasets import ImageFolder"]
    chosen, code = _chosen(facts, imports)
    code += [
        "class Pictures(ImageFolder):",
        "    def find_classes(self, directory: str | Path) -> tuple[list[str], dict[str, int]]:",
        comment("the same numbers in every split, also where a folder is missing or empty", 8),
        "        return list(CLASSES), {name: number for number, name in enumerate(CLASSES)}",
        "",
        "",
    ]
    splits = [split for split in ("val", "test") if split in facts.folders or not facts.splits]
    train = next((split for split in ("train", *facts.folders) if split in facts.folders), "train")
    for split in (train, *splits):
        name = "train" if split == train else split
        way = "train_transform" if split == train else "eval_transform"
        valid = chosen.format(repr(name).replace("'", '"'))
        code += [
            f"{name}_data = Pictures(",
            f"    {_at(facts, split)}, transform={way}, loader=load, {valid}allow_empty=True",
            ")",
        ]
    last = facts.images > 4 * _BATCH
    loader = "sampler=sampler(train_data.targets)" if _is_sampled(facts) else "shuffle=True"
    code += [
        *([comment("a last batch of a few pictures would upset batch normalization")] if last else []),
        f"train_loader = DataLoader(train_data, batch_size={_BATCH}, {loader}{', drop_last=True' * last})",
        *(f"{split}_loader = DataLoader({split}_data, batch_size={_BATCH})" for split in splits),
    ]
    reasons = [f"{_BATCH} pictures a batch is a start: take as many as your memory holds, and num_workers beside them."]
    if len(facts.unread) > _PATHS:
        reasons.append("Too many images cannot be read to list them here: repair or remove them first.")
    return Snippet("Batches", "\n".join(code), tuple(reasons), tuple(imports))


def _chosen(facts: Facts, imports: list[str]) -> tuple[str, list[str]]:
    """The argument that chooses the files of a split, which is put into it by its name, and the code before."""
    if not facts.splits:
        unread = [path for path in facts.unread if len(facts.unread) <= _PATHS]
        code = [
            *([comment("they cannot be read"), listed("UNREAD", map(literal, unread), "{}")] if unread else []),
            f"SPLITS = {_READ_ONLY if unread else 'parts()'}",
            "",
            "",
            "def is_in(split: str) -> Callable[[str], bool]:",
            "    return lambda path: SPLITS.get(Path(path).relative_to(ROOT).as_posix()) == split",
            "",
            "",
        ]
        imports.append("from collections.abc import Callable")
        return "is_valid_file=is_in({}), ", code
    if not 0 < len(facts.unread) <= _PATHS:
        return "", []
    imports.append("from torchvision.datasets.folder import IMG_EXTENSIONS, has_file_allowed_extension")
    code = [
        comment("they cannot be read"),
        listed("UNREAD", map(literal, facts.unread), "{}"),
        "",
        "",
        "def is_read(path: str) -> bool:",
        "    name = Path(path).relative_to(ROOT).as_posix()",
        "    return has_file_allowed_extension(path, IMG_EXTENSIONS) and name not in UNREAD",
        "",
        "",
    ]
    return "is_valid_file=is_read, ", code


def _is_sampled(facts: Facts) -> bool:
    found = [number for number in facts.counts.values() if number]
    if facts.several or len(facts.classes) > NAMES or not found or max(found) <= _EVEN * min(found):
        return False
    return min(found) / sum(found) * _BATCH < _SELDOM


def _at(facts: Facts, split: str) -> str:
    folder = facts.folders.get(split, "")
    return f"ROOT / {literal(folder)}" if folder else "ROOT"


__all__ = ["learning"]
