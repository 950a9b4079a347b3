"""How pictures become what a network takes: read, normalize, resize and crop, with torchvision's v2 transforms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.advise import mirror
from datalint.advise.snippet import Snippet, comment, listed, literal, numbers
from datalint.advise.splits import is_leaking
from datalint.amounts import counted, percent

if TYPE_CHECKING:
    from datalint.advise.facts import Facts

#: A shorter side of so many pixels or fewer is little for a network made for ImageNet's pictures.
LOW = 64
#: What pretrained weights saw.
_USUAL = 224
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
#: The share of the median picture that a crop to a square may cost.
_CUT = 0.3
IMPORTS = ("import torch", "from torchvision.transforms import v2")
#: Classes that are written out.
NAMES = 1_000


def is_low(facts: Facts) -> bool:
    """Whether the pictures are small."""
    return facts.objects is None and facts.sizes.short <= LOW


def channels(facts: Facts) -> int:
    """Of the network's input: 1 where it is trained from nothing on grey pictures, else 3, as pretrained ones take."""
    return 1 if facts.grey and is_low(facts) else 3


def side(facts: Facts) -> int:
    """Of the network's input, in pixels: no more than most pictures have, and no more than is usual."""
    sizes = facts.sizes
    if is_low(facts):
        return sizes.short if sizes.same and sizes.same[0] == sizes.same[1] else max(8, -(-sizes.short // 8) * 8)
    return min(_USUAL, sizes.short - sizes.short % 16)


def load(facts: Facts) -> Snippet:
    """ROOT, CLASSES, and a function from a path to a picture."""
    mode = "L" if channels(facts) == 1 else "RGB"
    imports = ["from pathlib import Path", "from PIL import Image"]
    body: list[str] = []
    if facts.exif:
        body += _turn(facts, imports)
    if facts.wide:
        body += _wide(facts, imports)
    if facts.transparent:
        body += [
            comment(
                f"{counted(facts.transparent, 'picture')} with transparent pixels: "
                "converting alone shows what is hidden behind them",
                8,
            ),
            "        if picture.has_transparency_data:",
            '            picture = picture.convert("RGBA")',
            '            paper = Image.new("RGBA", picture.size, "white")',
            "            picture = Image.alpha_composite(paper, picture)",
        ]  # fmt: skip
    modes = ", ".join(f"{name} {number:,}" for name, number in facts.modes.items())
    why = f"all are {modes}" if len(facts.modes) == 1 else f"stored as {modes}; a network takes one kind"
    body += [comment(why, 8), f'        return picture.convert("{mode}")']
    kind = "Image.Image | tv_tensors.Image" if facts.wide else "Image.Image"
    code = [f"ROOT = Path({literal(facts.root)})"]
    if len(facts.classes) > NAMES:
        imports.append("import datalint")
        code += [
            comment(f"all {len(facts.classes):,}, in the order of their numbers"),
            'declared = datalint.scan(ROOT, select=["DL406"]).tables["classes"].sort("class_id", "class")',
            'CLASSES = declared["class"].unique(maintain_order=True).to_list()',
        ]
    elif facts.classes:
        code += [comment("in the order of their numbers"), listed("CLASSES", map(literal, facts.classes))]
    code += ["", "", f"def load(path: str | Path) -> {kind}:", "    with Image.open(path) as picture:", *body]
    reasons = []
    if facts.unread:
        reasons.append(f"{counted(len(facts.unread), 'image')} cannot be read: leave them out, or fetch them again.")
    if facts.away:
        reasons.append("The pictures are not files of this machine: load() takes file objects as well as paths.")
    bands = sum(number for mode, number in facts.modes.items() if mode.endswith(" bands"))
    if bands:
        reasons.append(f"{counted(bands, 'picture')} of several bands: Pillow does not read them, tifffile does.")
    if facts.apart and not is_leaking(facts):
        reasons.append(
            f"{counted(facts.apart, 'picture')} with a copy in another split: "
            "datalint fix --only split-leak --out-of train."
        )
    return Snippet("Read the pictures", "\n".join(code), tuple(reasons), tuple(imports))


def _turn(facts: Facts, imports: list[str]) -> list[str]:
    turned = f"EXIF turns {counted(facts.exif, 'picture')}"
    if facts.objects is not None and facts.objects.turned is not True:
        placed = "placed in the pictures as stored" if facts.objects.turned is False else "placed in one of both ways"
        return [
            comment(f"{turned}; the boxes are {placed}: look at one before you turn pictures and not their boxes", 8)
        ]
    imports.append("from PIL import Image, ImageOps")
    return [
        comment(f"{turned}; Pillow leaves that to the caller", 8),
        "        picture = ImageOps.exif_transpose(picture)",
    ]


def _wide(facts: Facts, imports: list[str]) -> list[str]:
    wide = facts.wide
    assert wide is not None
    imports += ["import numpy as np", "import torch", "from torchvision import tv_tensors"]
    lines = [
        comment(
            f"{counted(wide.images, 'picture')} with samples of more than 8 bits: convert() would cut them off at 255",
            8,
        ),
        '        if picture.mode.startswith("I") or picture.mode == "F":',
        "            samples = np.nan_to_num(np.array(picture, dtype=np.float32))",
    ]
    if wide.white is None:
        lines += [
            comment("their unit is not recorded: each picture from its darkest to its lightest sample", 12),
            "            samples = (samples - samples.min()) / max(float(np.ptp(samples)), 1e-6)",
        ]
    else:
        used = f", the most that {wide.white:g} of 65,535 can hold is in use" if wide.used < 1 else ""
        lines += [
            comment(f"{wide.white:g} counts as 1{used}", 12),
            f"            samples = samples / {wide.white:g}",
        ]
    three = ".repeat(3, 1, 1)" if channels(facts) == 3 else ""
    return [*lines, f"            return tv_tensors.Image(torch.from_numpy(samples)[None]{three})"]


def normalize(facts: Facts) -> Snippet:
    """MEAN and STD."""
    measured = facts.statistics
    part = f"of the {measured.split} split" if measured.split else "of the dataset"
    over = f"measured over {counted(measured.images, 'picture')} {part}, pixels in [0, 1]"
    used = facts.wide.used if facts.wide else 1.0
    wanted = channels(facts)
    # A channel that never changes has nothing to be scaled.
    std = [value / used if value > 1e-3 else 1.0 for value in measured.std[:wanted]]
    own = f"MEAN, STD = {numbers(value / used for value in measured.mean[:wanted])}, {numbers(std)}"
    if channels(facts) == 1:
        return Snippet("Normalize", f"{comment(over)}\n{own}")
    low = is_low(facts)
    code = [
        comment(
            "True for weights that were pretrained on ImageNet, frozen or not: they expect the constants that they "
            "were trained with. False for a network that is trained from nothing"
        ),
        f"PRETRAINED = {not low}",
        "if PRETRAINED:",
        f"    MEAN, STD = {numbers(_MEAN)}, {numbers(_STD)}",
        "else:",
        comment(over, 4),
        f"    {own}",
    ]
    reasons = (
        "Weights other than ImageNet's have others: weights.transforms() of torchvision and preprocessor_config.json "
        "of Hugging Face name them.",
        *(("Pictures this small are best trained from nothing, so PRETRAINED is False.",) if low else ()),
    )
    return Snippet("Normalize", "\n".join(code), reasons)


def transforms(facts: Facts) -> Snippet:
    """SIZE, train_transform and eval_transform of whole pictures."""
    size, sizes = side(facts), facts.sizes
    alike = f"{sizes.same[0]}x{sizes.same[1]}" if sizes.same else ""
    of = f"all pictures are {alike}" if alike else f"the median picture is {sizes.long}x{sizes.short}"
    reasons = [] if alike else [f"Shorter sides from {sizes.least:,} pixels, longer ones up to {sizes.most:,}."]
    if sizes.short / size >= 2:
        reasons.append(
            f"{size} pixels are what pretrained weights saw; the median picture is reduced {sizes.short / size:.1f} "
            f"times. Where a class shows in small details, take {2 * size}."
        )
    if sizes.same == (size, size):
        moved = size // 8
        crop = f'v2.RandomCrop(SIZE, padding={moved}, padding_mode="reflect")'
        train = [(f"moved by up to {moved} pixels, never enlarged", crop)]
        test: list[tuple[str, str]] = []
    elif sizes.cut <= _CUT:
        kept = percent(1 - sizes.cut)
        train = [("half of the picture or more", "v2.RandomResizedCrop(SIZE, scale=(0.5, 1.0), antialias=True)")]
        test = [
            ("", "v2.Resize(SIZE, antialias=True)"),
            (f"the square in the middle: {kept} of the median picture" * (sizes.cut > 0), "v2.CenterCrop(SIZE)"),
        ]
    else:
        whole = [
            (f"a square from the middle would lose {percent(sizes.cut)} of the median picture: it is fitted whole",
             "v2.Resize(SIZE - 1, max_size=SIZE, antialias=True)"),
            ("black where it does not reach", "v2.CenterCrop(SIZE)"),
        ]  # fmt: skip
        train = [*whole, (f"moved by up to {size // 8} pixels", f"v2.RandomCrop(SIZE, padding={size // 8})")]
        test = whole
    flips = mirror.flips(facts)
    flip = [(flips.why, "v2.RandomHorizontalFlip()")] if flips.allowed else []
    reasons += [
        "No rotations, no flips upside down, no changes of colour: nothing was measured that allows them.",
        f"Every picture ends as {size}x{size}, so that a batch can be stacked.",
    ]
    larger = "" if size == _USUAL or is_low(facts) else "; a larger side would enlarge it and add nothing"
    code = [comment(f"{of} pixels{larger}"), f"SIZE = {size}", *_composed("train_transform", [*train, *flip])]
    if not flips.allowed:
        code.insert(2, comment(flips.why))
    code += _composed("eval_transform", test)
    return Snippet("Transforms", "\n".join(code), tuple(reasons), IMPORTS)


def _composed(name: str, steps: list[tuple[str, str]]) -> list[str]:
    lines = [f"{name} = v2.Compose(", "    [", "        v2.ToImage(),"]
    for why, step in steps:
        lines += [comment(why, 8)] * bool(why) + [f"        {step},"]
    return [
        *lines,
        "        v2.ToDtype(torch.float32, scale=True),",
        "        v2.Normalize(mean=MEAN, std=STD),",
        "    ]",
        ")",
    ]


__all__ = ["IMPORTS", "NAMES", "channels", "is_low", "load", "normalize", "side", "transforms"]
