"""The rule `normalization-mismatch`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import DataFrame

    from datalint import Dataset

Triple = tuple[float, float, float]

#: Means and stds that belong to pretrained backbones, not to this dataset, of pixels in [0, 1].
BACKBONES: dict[str, tuple[Triple, Triple]] = {
    "ImageNet's": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "CLIP's": ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
    "Inception's and ViT's": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
}

#: How close declared numbers must be to known ones to count as the same: they are rounded to three digits.
SAME = 0.003


class NormalizationMismatch(Rule):
    """A declared mean and std that do not fit the pixels.

    ## What it does
    Compares the mean and std that the config, a `preprocessor_config.json` or timm's `config.json` declares with
    those measured on the training split, for pixels in [0, 1]. Numbers for 0-255, and numbers in BGR order, are a
    warning. Other differences are a note, and so are a known backbone's constants, which belong to its weights.

    ## Why is this bad?
    A mean of 123.7 subtracted from pixels in [0, 1] leaves a constant picture, and training still runs. Swapped
    channels cost a pretrained network accuracy and are never noticed.

    ## Example
    `fixtures/normalization-mismatch/bad/datalint.toml` declares 0-255 numbers;
    `fixtures/normalization-mismatch/good/datalint.toml` those that its pictures have.

    ## When not to use it
    Where the pipeline feeds pixels in 0-255 or BGR on purpose, as Caffe's and Detectron's networks want.

    ## References
    ImageNet's: https://pytorch.org/vision/stable/models.html. CLIP's: openai/CLIP, `clip/clip.py`. 0.5: the Inception
    and Vision Transformer releases of Google Research. Tolerances are our judgement: 0.05 of the range shifts the
    first layer's input by about a fifth of a standard deviation.
    """

    code, name, since = "DL301", "normalization-mismatch", "0.1.0"
    severity, confidence = Severity.NOTE, Confidence.HIGH
    needs = (Need.PIXELS, Need.CONFIG)
    message = "{source} declares {declared}; {fact} (measured {measured})"
    hint = "normalize with the measured numbers, or keep the backbone's if its weights are frozen"
    key = ("source",)
    per_image = False

    mean_tolerance = option(0.05, "How far a mean may be off, of a range of 1.", low=0.0)
    std_tolerance = option(0.2, "How far a std may be off, as a share of the measured one.", low=0.0)

    def check(self, data: Dataset) -> DataFrame:
        """At most one row."""
        rows = []
        if data.statistics is not None and (verdict := self._verdict(data)):
            fact, severity = verdict
            declared, measured = data.declared, data.statistics
            parts = [
                f"{name} {_numbers(value)}" for name, value in (("mean", declared.mean), ("std", declared.std)) if value
            ]
            rows.append(
                {
                    "source": declared.normalization_source or "the config",
                    "declared": " and ".join(parts),
                    "fact": fact,
                    "measured": f"mean {_numbers(measured.mean)}, std {_numbers(measured.std)}",
                    "severity": severity.value,
                }
            )
        names = ("source", "declared", "fact", "measured", "severity")
        return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String))

    def _verdict(self, data: Dataset) -> tuple[str, Severity] | None:
        assert data.statistics is not None
        declared, measured = data.declared, data.statistics
        for name, value in (("mean", declared.mean), ("std", declared.std)):
            if value is not None and len(value) not in (1, 3):
                return f"{name} has {len(value)} numbers for 3 channels", Severity.WARNING
        mean, std = _triple(declared.mean), _triple(declared.std)
        if (mean and max(mean) > 1.5) or (std and max(std) > 1.5):
            return "numbers for pixels in 0-255, where pixels in 0-1 are usual", Severity.WARNING
        if (mean and min(mean) < 0) or (std and min(std) <= 0):
            return "a negative mean or a std that is not above 0 is impossible", Severity.WARNING
        for owner, (known_mean, known_std) in BACKBONES.items():
            if mean and not _close(mean, known_mean) and _close(mean[::-1], known_mean):
                return f"{owner} mean in BGR order, where RGB is usual", Severity.WARNING
            if (mean is None or _close(mean, known_mean)) and (std is None or _close(std, known_std)):
                return (f"{owner} constants, not this dataset's", Severity.NOTE) if self._off(mean, std, data) else None
        if not self._off(mean, std, data):
            return None
        if mean and _distance(mean[::-1], measured.mean) < min(self.mean_tolerance, _distance(mean, measured.mean)) / 2:
            return "this dataset's mean in BGR order, where RGB is usual", Severity.WARNING
        return "the pixels have other numbers", Severity.NOTE

    def _off(self, mean: Triple | None, std: Triple | None, data: Dataset) -> bool:
        assert data.statistics is not None
        measured = data.statistics
        if mean and _distance(mean, measured.mean) > self.mean_tolerance:
            return True
        return bool(std) and any(
            abs(a - b) > self.std_tolerance * b for a, b in zip(std or (), measured.std, strict=True)
        )


def _triple(values: tuple[float, ...] | None) -> Triple | None:
    if not values:
        return None
    first, second, third = values * 3 if len(values) == 1 else values
    return first, second, third


def _distance(a: Triple, b: Triple) -> float:
    return max(abs(x - y) for x, y in zip(a, b, strict=True))


def _close(a: Triple, b: Triple) -> bool:
    return _distance(a, b) <= SAME


def _numbers(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:.4g}" for value in values)
