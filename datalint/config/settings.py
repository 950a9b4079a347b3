"""Settings: found, read, checked and merged. An unknown key is an error with a suggestion."""

from __future__ import annotations

import datetime
import difflib
import os
import tomllib
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = (".datalint.toml", "datalint.toml", "pyproject.toml")

#: Pillow's readable raster formats, by the extensions that people give them. Frozen from
#: `PIL.Image.registered_extensions()` (Pillow 12), less those that are documents, videos or plain data
#: (pdf, eps, ps, pcd, mpg, mpeg, hdf, h5, grib, bufr, wmf, emf, fli, flc, txt-like) and the camera-specific.
IMAGE_EXTENSIONS = (
    "apng", "avif", "avifs", "blp", "bmp", "cur", "dcx", "dds", "dib", "gif", "icns", "ico", "im", "j2c", "j2k",
    "jfif", "jp2", "jpc", "jpe", "jpeg", "jpf", "jpg", "jpx", "mpo", "msp", "pbm", "pcx", "pfm", "pgm", "png",
    "pnm", "ppm", "psd", "qoi", "ras", "rgb", "rgba", "sgi", "tga", "tif", "tiff", "webp", "xbm", "xpm",
)  # fmt: skip


class ConfigError(ValueError):
    """A setting that cannot be used: one line saying where, what, and what to do."""


@dataclass(frozen=True, slots=True)
class Accept:
    """Findings that the team accepts, with the reason."""

    rule: str
    """Code, code prefix, name or ALL."""
    reason: str
    path: str | None = None
    """Glob for the image or label file that a finding is about, relative to the config file."""
    content: str | None = None
    """SHA-256 of the image, or the finding's own id."""
    until: datetime.date | None = None
    """The last day on which the entry counts."""


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of a scan, as the config file and the command line say them. Names are the config keys."""

    select: tuple[str, ...] = ("ALL",)
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    preview: bool = False
    severity: dict[str, str] = field(default_factory=dict)
    fail_on: Literal["error", "warning", "note", "never"] = "error"
    exclude: tuple[str, ...] = ()
    layout: str | None = None
    task: Literal["single", "multi"] | None = None
    classes: tuple[str, ...] = ()
    image_extensions: tuple[str, ...] = IMAGE_EXTENSIONS
    input_size: tuple[int, int] | None = None
    path_column: str | None = None
    label_column: str | None = None
    """The column of labels; None recognises it, "" is none."""
    split_column: str | None = None
    """The same of the splits."""
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    per_path_ignores: dict[str, tuple[str, ...]] = field(default_factory=dict)
    plugins: tuple[str, ...] = ()
    rules: dict[str, dict[str, object]] = field(default_factory=dict)
    """Rule name -> option (snake_case) -> value."""
    accept: tuple[Accept, ...] = ()
    baseline: Path | Literal[False] | None = None
    """The file of known findings; None takes `datalint-baseline.json` where there is one, False takes none."""
    probe_seconds: float = 150.0
    train_on: Literal["all", "train"] = "all"
    embeddings: Path | None = None
    """Features of the images for the probe, .npy or .parquet."""
    backbone: str | None = None
    """A pretrained network for the probe: a name in torchvision, a file of weights, or both as NAME:FILE ..."""
    allow_download: bool = False
    """... and whether torchvision may download its weights; no config file can say so."""
    seed: int = 0
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    jobs: int | None = None
    """Worker processes; None is one a core, 0 (Python only) measures inline."""
    since: str | None = None
    """Report only findings that touch what changed since the branch left this commit ..."""
    changed: bool = False
    """... or since the last commit ..."""
    staged: bool = False
    """... or what would be committed now."""
    no_cache: bool = False
    cache_dir: Path | None = None
    """Where the facts of earlier scans are; None is a folder in the user's cache folder."""
    cache_limit: float | None = None
    """How large that may grow, in GiB."""
    exit_zero: bool = False
    isolated: bool = False
    source: Path | None = None
    """The config file that was used."""

    def __post_init__(self) -> None:
        """Refuse values that no scan could use, whoever gives them; raises ConfigError."""
        for name, (allowed, takes) in _ALLOWED.items():
            value = getattr(self, name)
            if value is not None and not allowed(value):
                raise ConfigError(f"{name} takes {takes}, not {value!r}")

    def merged(self, **changes: Any) -> Config:
        """A copy with `changes`, those that are None left out."""
        return replace(self, **{name: value for name, value in changes.items() if value is not None})


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf")


def _is_in(*choices: str) -> tuple[Callable[[Any], bool], str]:
    return lambda value: value in choices, "one of " + ", ".join(choices)


_ALLOWED: dict[str, tuple[Callable[[Any], bool], str]] = {
    "jobs": (_is_whole, "a number of processes, or 0 for none"),
    "seed": (_is_whole, "a whole number from 0"),
    "probe_seconds": (_is_positive, "a number of seconds above 0"),
    "cache_limit": (_is_positive, "a number of GiB above 0"),
    "fail_on": _is_in("error", "warning", "note", "never"),
    "task": _is_in("single", "multi"),
    "train_on": _is_in("all", "train"),
    "device": _is_in("auto", "cpu", "cuda", "mps"),
}


def _strings(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("a list of texts")
    return tuple(value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("a text")
    return value


def _column(value: Any) -> str:
    if value is False or value == "":
        return ""
    if not isinstance(value, str):
        raise ValueError("the name of a column, or false for none")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _one_of(*choices: str) -> Any:
    def parse(value: Any) -> str:
        if value not in choices:
            raise ValueError("one of " + ", ".join(choices))
        return str(value)

    return parse


def _size(value: Any) -> tuple[int, int]:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value, value
    if isinstance(value, list) and len(value) == 2 and all(type(item) is int and item > 0 for item in value):
        return value[0], value[1]
    raise ValueError("a size in pixels such as 224 or [320, 240] (width, height)")


def _numbers(value: Any) -> tuple[float, ...]:
    if not isinstance(value, list) or not value or not all(type(item) in (int, float) for item in value):
        raise ValueError("a list of numbers, one a channel")
    return tuple(float(item) for item in value)


def _extensions(value: Any) -> tuple[str, ...]:
    return tuple(sorted({item.lower().lstrip(".") for item in _strings(value)}))


def _text_by_name(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError('a table such as {"split-leak" = "warning"}')
    level = _one_of("error", "warning", "note")
    return {str(name): level(item) for name, item in value.items()}


def _lists_by_name(value: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise ValueError('a table such as {"raw/**" = ["DL304"]}')
    return {str(name): _strings(item) for name, item in value.items()}


def _rules(value: Any) -> dict[str, dict[str, object]]:
    if not isinstance(value, dict) or not all(isinstance(item, dict) for item in value.values()):
        raise ValueError("tables such as [rules.near-duplicate]")
    return {name: {key.replace("-", "_"): item for key, item in options.items()} for name, options in value.items()}


def _accept(value: Any) -> tuple[Accept, ...]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ValueError("tables such as [[accept]]")
    entries = []
    for item in value:
        known = {entry.name for entry in fields(Accept)}
        if unknown := sorted(set(item) - known):
            raise ValueError(f"entries with {', '.join(sorted(known))}; {unknown[0]!r} is none of them")
        if not item.get("rule") or not item.get("reason"):
            raise ValueError("a rule and a reason in every entry")
        if not item.get("path") and not item.get("content"):
            raise ValueError("a path or a content in every entry")
        texts = {key: part for key, part in item.items() if key != "until"}
        if not all(isinstance(part, str) for part in texts.values()):
            raise ValueError("texts, and a day for until")
        entries.append(Accept(**texts, until=_day(item["until"]) if "until" in item else None))
    return tuple(entries)


def _day(value: Any) -> datetime.date:
    if type(value) is datetime.date:
        return value
    try:
        return datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("a day such as 2027-01-31 for until") from None


def _seconds(value: Any) -> float:
    if type(value) not in (int, float) or not _is_positive(value):
        raise ValueError("a number of seconds above 0")
    return float(value)


#: Config key -> (field of Config, parser). A dotted key is a table.
KEYS: dict[str, tuple[str, Any]] = {
    "select": ("select", _strings),
    "extend-select": ("extend_select", _strings),
    "ignore": ("ignore", _strings),
    "preview": ("preview", _flag),
    "severity": ("severity", _text_by_name),
    "fail-on": ("fail_on", _one_of("error", "warning", "note", "never")),
    "exclude": ("exclude", _strings),
    "layout": ("layout", _text),
    "task": ("task", _one_of("single", "multi")),
    "classes": ("classes", _strings),
    "image-extensions": ("image_extensions", _extensions),
    "input-size": ("input_size", _size),
    "path-column": ("path_column", _text),
    "label-column": ("label_column", _column),
    "split-column": ("split_column", _column),
    "normalization.mean": ("mean", _numbers),
    "normalization.std": ("std", _numbers),
    "per-path-ignores": ("per_path_ignores", _lists_by_name),
    "plugins": ("plugins", _strings),
    "probe.seconds": ("probe_seconds", _seconds),
    "probe.train-on": ("train_on", _one_of("all", "train")),
    "probe.embeddings": ("embeddings", _text),
    "probe.backbone": ("backbone", _text),
    "rules": ("rules", _rules),
    "accept": ("accept", _accept),
    "baseline": ("baseline", _text),
}


_TABLES = ("normalization", "probe")


def parse(document: dict[str, Any], source: Path) -> Config:
    """The settings of a config document; raises ConfigError naming the key, what it takes, and a near miss."""
    flat: dict[str, Any] = {}
    for key, value in document.items():
        if key in _TABLES:
            if not isinstance(value, dict):
                raise ConfigError(f"{source}: {key} takes a table, not {value!r}")
            flat.update({f"{key}.{inner}": item for inner, item in value.items()})
        else:
            flat[key] = value
    settings: dict[str, Any] = {}
    for key, value in flat.items():
        if key not in KEYS:
            close = difflib.get_close_matches(key.replace("_", "-"), list(KEYS), n=1)
            suggestion = f"did you mean {close[0]}?" if close else f"known keys: {', '.join(KEYS)}"
            raise ConfigError(f"{source}: unknown key {key!r}; {suggestion}")
        name, parser = KEYS[key]
        try:
            settings[name] = parser(value)
        except ValueError as error:
            raise ConfigError(f"{source}: {key} takes {error}, not {value!r}") from None
    for name in ("baseline", "embeddings"):
        if name in settings:
            settings[name] = source.parent / settings[name]
    if "backbone" in settings:
        settings["backbone"] = _beside(source, settings["backbone"])
    return Config(**settings, source=source)


def _beside(source: Path, backbone: str) -> str:
    """NAME, FILE or NAME:FILE with the file as seen from the config file."""
    from datalint.probe.weights import split

    name, file = split(backbone)
    if file is None:
        return backbone
    return (f"{name}:" if name else "") + str(source.parent / file)


def load(path: Path) -> Config:
    """Read one config file; raises ConfigError when it cannot be read or parsed."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        document = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    if path.name == "pyproject.toml":
        tool = document.get("tool")
        document = tool.get("datalint", {}) if isinstance(tool, dict) else {}
        if not isinstance(document, dict):
            raise ConfigError(f"{path}: tool.datalint takes a table, not {document!r}")
    return parse(document, path)


def find(root: Path) -> Path | None:
    """The config file for a dataset: the nearest from `root` upwards to the repository's root.

    In one folder `.datalint.toml` comes before `datalint.toml` before a `pyproject.toml` with `[tool.datalint]`.
    """
    start = Path(os.path.abspath(root))
    for folder in (start, *start.parents):
        for name in FILES:
            candidate = folder / name
            try:
                if not candidate.is_file():
                    continue
                if name == "pyproject.toml":
                    tool = tomllib.loads(candidate.read_text("utf-8-sig", "replace")).get("tool")
                    if not isinstance(tool, dict) or "datalint" not in tool:
                        continue
            except (OSError, tomllib.TOMLDecodeError):
                # A stranger's broken pyproject.toml above the dataset is not this scan's business.
                continue
            return candidate
        if (folder / ".git").exists():
            return None
    return None
