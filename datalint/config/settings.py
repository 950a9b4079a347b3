"""Every setting, once: its name in Python and in a config file, its type, its bounds, its default and its meaning.

From this follow how a config file is decoded, what is refused and in which words, and the published JSON Schema
(`datalint.config.schema`).
"""

from __future__ import annotations

import datetime
import difflib
import math
import re
from dataclasses import dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

import msgspec
from msgspec import Meta, Struct, field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

#: Pillow's readable raster formats, by the extensions that people give them. Frozen from
#: `PIL.Image.registered_extensions()` (Pillow 12), less those that are documents, videos or plain data
#: (pdf, eps, ps, pcd, mpg, mpeg, hdf, h5, grib, bufr, wmf, emf, fli, flc, txt-like) and the camera-specific; with
#: those of the extras heif and jxl, so that such files are reported where the extra is not installed.
IMAGE_EXTENSIONS = (
    "apng", "avif", "avifs", "blp", "bmp", "cur", "dcx", "dds", "dib", "gif", "heic", "heif", "hif", "icns",
    "ico", "im", "j2c", "j2k", "jfif", "jp2", "jpc", "jpe", "jpeg", "jpf", "jpg", "jpx", "jxl", "mpo", "msp",
    "pbm", "pcx", "pfm", "pgm", "png", "pnm", "ppm", "psd", "qoi", "ras", "rgb", "rgba", "sgi", "tga", "tif",
    "tiff", "webp", "xbm", "xpm",
)  # fmt: skip


class ConfigError(ValueError):
    """A setting that cannot be used: one line saying where, what, and what to do."""


# -- how a config file writes a setting ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Written:
    """How a config file writes a setting that Python holds in another form."""

    form: Any
    """The type in the file, for msgspec. Its description completes `the key takes ...`."""
    made: Callable[[Any, Path], Any] = lambda value, _folder: value
    """From what the file says to the setting; paths are relative to the file's folder. Raises `_RefusedError`."""
    why: Callable[[Any], str] | None = None
    """What the key takes, for a value that is not of that form, where the description does not tell enough."""


class _RefusedError(ValueError):
    """What a key takes, for a value that it does not take."""


def _listed(value: str | list[str], _folder: Path) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _each_listed(value: dict[str, str | list[str]], folder: Path) -> dict[str, tuple[str, ...]]:
    return {name: _listed(item, folder) for name, item in value.items()}


def _extensions(value: str | list[str], folder: Path) -> tuple[str, ...]:
    return tuple(sorted({item.lower().lstrip(".") for item in _listed(value, folder)}))


def _square(value: int | list[int], _folder: Path) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def _column(value: str | bool, _folder: Path) -> str:
    if value is True:
        raise _RefusedError(_COLUMN)
    return value or ""


def _beside(value: str, folder: Path) -> Path:
    return folder / value


def _backbone_beside(value: str, folder: Path) -> str:
    name, file = split(value)
    if file is None:
        return value
    return (f"{name}:" if name else "") + str(folder / file)


def _options(value: dict[str, dict[str, Any]], _folder: Path) -> dict[str, dict[str, object]]:
    return {name: {key.replace("-", "_"): item for key, item in options.items()} for name, options in value.items()}


def _accepted(value: list[Accept], _folder: Path) -> tuple[Accept, ...]:
    if not all(entry.path or entry.content for entry in value):
        raise _RefusedError(_PLACE)
    return tuple(value)


def _why_not_accepted(value: Any) -> str:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        return "tables such as [[accept]]"
    known = sorted(entry.name for entry in msgspec.structs.fields(Accept))
    for item in value:
        if unknown := sorted(set(item).difference(known)):
            close = _near(unknown[0], known)
            suggestion = f" (did you mean {close}?)" if close else ""
            return f"entries with {', '.join(known)}, and {quoted(unknown[0])} is not one of them{suggestion}"
        if not item.get("rule") or not item.get("reason"):
            return "a rule and a reason in every entry"
        if not item.get("path") and not item.get("content"):
            return _PLACE
        if not all(isinstance(part, str) for key, part in item.items() if key != "until"):
            break
        if "until" in item and not _is_taken(item["until"], datetime.date):
            return "a day such as 2027-01-31 for until"
    return "texts, and a day for until"


_COLUMN = "the name of a column, or false for none"
_PLACE = "a path or a content in every entry"
_AT = "tcp://HOST:8786 of Dask, ray://HOST:10001 of Ray"


# -- the types of settings: what a file may say, what is made of it, and what a key takes, in words --------------------


def _texts(takes: str, made: Callable[[Any, Path], tuple[str, ...]] = _listed) -> Written:
    """A list of texts, or one of them."""
    return Written(Annotated[str | list[str], Meta(description=takes)], made)


def _text(takes: str, made: Callable[[Any, Path], Any]) -> Written:
    return Written(Annotated[Text, Meta(description=takes)], made)


Text: TypeAlias = Annotated[str, Meta(min_length=1, description="a text")]
Level: TypeAlias = Literal["error", "warning", "note"]
Levels: TypeAlias = Annotated[
    dict[str, Level], Meta(description='a table of error, warning or note by rule, such as {"split-leak" = "warning"}')
]
FolderRole: TypeAlias = Literal["class", "group", "images", "masks"]
FolderRoles: TypeAlias = Annotated[
    dict[str, FolderRole],
    Meta(description='a table of class, group, images or masks by glob, such as {"**/Ground_Truth" = "masks"}'),
]
Selectors: TypeAlias = Annotated[tuple[str, ...], _texts("a list of texts: codes, code prefixes, names, or ALL")]
Globs: TypeAlias = Annotated[tuple[str, ...], _texts("a list of texts: globs, relative to this file")]
Classes: TypeAlias = Annotated[tuple[str, ...], _texts("a list of texts: the classes there may be")]
Extensions: TypeAlias = Annotated[tuple[str, ...], _texts("a list of texts, such as jpg", _extensions)]
Plugins: TypeAlias = Annotated[
    tuple[str, ...], _texts("a list of texts: Python files with rules, relative to this file")
]
Format: TypeAlias = Annotated[Text, Meta(description="a text: the name of a format of labels")]
Column: TypeAlias = Annotated[Text, Meta(description="the name of a column")]
ColumnOrNone: TypeAlias = Annotated[str | None, Written(Annotated[str | bool, Meta(description=_COLUMN)], _column)]
Pixels: TypeAlias = Annotated[int, Meta(ge=1)]
Size: TypeAlias = Annotated[
    tuple[int, int] | None,
    Written(
        # msgspec 0.22 crashes on a union of a bounded number and a tuple of a fixed length; a list does as well.
        Annotated[
            Pixels | Annotated[list[Pixels], Meta(min_length=2, max_length=2)],
            Meta(description="a size in pixels such as 224 or [320, 240] (width, height)"),
        ],
        _square,
    ),
]
Channels: TypeAlias = Annotated[tuple[float, ...], Meta(min_length=1, description="a list of numbers, one per channel")]
SelectorsByGlob: TypeAlias = Annotated[
    dict[str, tuple[str, ...]],
    Written(
        Annotated[dict[str, str | list[str]], Meta(description='a table such as {"raw/**" = ["DL304"]}')], _each_listed
    ),
]
Options: TypeAlias = Annotated[
    dict[str, dict[str, object]],
    Written(Annotated[dict[str, dict[str, Any]], Meta(description="tables such as [rules.near-duplicate]")], _options),
]
Baseline: TypeAlias = Annotated[
    Path | Literal[False] | None, _text("a text: a file of known findings, relative to this file", _beside)
]
Seconds: TypeAlias = Annotated[float, Meta(gt=0, description="a number of seconds above 0")]
Margin: TypeAlias = Annotated[float, Meta(ge=0, le=1, description="a share from 0 to 1")]
Gibibytes: TypeAlias = Annotated[float, Meta(gt=0, description="a number of GiB above 0")]
Embeddings: TypeAlias = Annotated[Path | None, _text("a text: a .npy or .parquet file, relative to this file", _beside)]
Backbone: TypeAlias = Annotated[
    str | None, _text("a text: NAME in torchvision, FILE (relative to this file) or NAME:FILE", _backbone_beside)
]
Seed: TypeAlias = Annotated[int, Meta(ge=0, description="a whole number from 0")]
Engine: TypeAlias = Annotated[
    str, Meta(pattern=r"^(local|dask|ray|(tcp|tls|ray)://.+)$", description=f"local, dask, ray, or an address ({_AT})")
]
Jobs: TypeAlias = Annotated[int, Meta(ge=0, description="a number of processes, or 0 for none")]


class Accept(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Findings that the team accepts, with the reason."""

    rule: Annotated[Text, Meta(description="code, code prefix, name, or ALL")]
    reason: Text
    path: Annotated[str, Meta(description="glob for the image or label file, relative to this file")] | None = None
    """Glob for the image or label file that a finding is about, relative to the config file."""
    content: Annotated[str, Meta(description="SHA-256 of the image, or the finding's id")] | None = None
    until: Annotated[datetime.date, Meta(description="the last day on which the entry counts")] | None = None


Accepts: TypeAlias = Annotated[tuple[Accept, ...], Written(list[Accept], _accepted, _why_not_accepted)]


# -- the settings ----------------------------------------------------------------------------------------------------


class Settings(Struct, frozen=True, kw_only=True, rename="kebab"):
    """What a config file can say. A key with a dot is in a table."""

    select: Selectors = ("ALL",)
    extend_select: Selectors = ()
    ignore: Selectors = ()
    preview: bool = False
    severity: Levels = field(default_factory=dict)
    fail_on: Literal["error", "warning", "note", "never"] = "error"
    exclude: Globs = ()
    folders: FolderRoles = field(default_factory=dict)
    """What folders are, where their names say something else or nothing."""
    layout: Format | None = None
    """The format of the labels, where it is not to be recognised."""
    task: Literal["single", "multi"] | None = None
    classes: Classes = ()
    image_extensions: Extensions = IMAGE_EXTENSIONS
    input_size: Size = None
    """Width and height."""
    path_column: Column | None = None
    label_column: ColumnOrNone = None
    """The column of labels; None recognises it, "" is none."""
    label_pattern: Column | None = None
    """A pattern whose first group is the class in the name of an image; the names of folders are not asked then."""
    split_column: ColumnOrNone = None
    """The same of the splits."""
    mean: Channels | None = field(default=None, name="normalization.mean")
    std: Channels | None = field(default=None, name="normalization.std")
    per_path_ignores: SelectorsByGlob = field(default_factory=dict)
    plugins: Plugins = ()
    probe_seconds: Seconds = field(default=150.0, name="probe.seconds")
    train_on: Literal["all", "train"] = field(default="all", name="probe.train-on")
    embeddings: Embeddings = field(default=None, name="probe.embeddings")
    """Features of the images for the probe, .npy or .parquet."""
    backbone: Backbone = field(default=None, name="probe.backbone")
    """A pretrained network for the probe: a name in torchvision, a file of weights, or both as NAME:FILE."""
    probe_margin: Margin = field(default=0.1, name="probe.margin")
    """By how much of its size the picture of an object is larger on every side than its box."""
    rules: Options = field(default_factory=dict)
    """Rule name -> option (snake_case) -> value."""
    accept: Accepts = ()
    baseline: Baseline = None
    """The file of known findings; None takes `datalint-baseline.json` where there is one, False takes none."""


class Config(Settings, frozen=True, kw_only=True):
    """All settings of a scan: what a config file can say, and what only the command line or Python says."""

    allow_download: bool = False
    """Whether torchvision may download the weights of `backbone`; no config file can say so."""
    seed: Seed = 0
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    jobs: Jobs | None = None
    """Worker processes; None is one a core, 0 (Python only) measures inline."""
    engine: Engine = "local"
    """Where images are measured and compared; no config file can say so."""
    since: str | None = None
    """Report only findings that touch what changed since the branch left this commit ..."""
    changed: bool = False
    """... or since the last commit ..."""
    staged: bool = False
    """... or what would be committed now."""
    no_cache: bool = False
    cache_dir: Path | None = None
    """Where the facts of earlier scans are; None is a folder in the user's cache folder."""
    cache_limit: Gibibytes | None = None
    """How large that may grow, in GiB."""
    limits: str = ""
    """How much the scan may take: `label-seconds=30,labels-memory=4`; `datalint.limits` has all, and the defaults."""
    follow_links: bool = False
    """Whether label files are also read where links lead out of the dataset; no config file can say so."""
    listed: bool = False
    """Whether a file lists the paths: a link among them is then judged like any other, and is not the user's word."""
    exit_zero: bool = False
    isolated: bool = False
    allow_plugins: bool = False
    """Whether the plugins of a config file that was found, not named, run without being trusted."""
    settings_from: str | None = None
    """A Git revision: config file, baseline and accepted findings are taken from it, not from the working tree."""
    source: Path | None = None
    """The config file that was used."""
    base: Path | None = None
    """The folder that globs are relative to; None is that of `source`."""
    origin: Origin = field(default_factory=lambda: Origin())
    """How these settings came about."""

    @property
    def folder(self) -> Path | None:
        """The folder that globs are relative to, if they are not relative to the dataset's."""
        return self.base or (self.source.parent if self.source else None)

    @property
    def revision(self) -> Revision | None:
        """The revision that settings are taken from."""
        return self.origin.revision

    def __post_init__(self) -> None:
        """Refuse values that no scan could use, wherever they come from; raises ConfigError."""
        for name, form in _BOUNDED.items():
            value = getattr(self, name)
            if value is not None and not _is_taken(value, form):
                raise ConfigError(f"{name} takes {_takes(form)}, not {value!r}")

    def merged(self, **changes: Any) -> Config:
        """A copy with those of `changes` that are not None."""
        return msgspec.structs.replace(self, **{name: value for name, value in changes.items() if value is not None})


class Revision(Struct, frozen=True):
    """A commit that settings are taken from."""

    name: str
    """As the user calls it."""
    commit: str
    top: Path
    """The repository's folder."""


class Origin(Struct, frozen=True, kw_only=True):
    """How settings came about: made in Python, or from a config file, and whose word that file is."""

    file: Config | None = None
    """What the config file says, without the options on top of it; None where none was read."""
    digest: str = ""
    """The SHA-256 of the config file as it was read."""
    named: bool = True
    """Whether the user chose these settings, rather than their file being found with the dataset."""
    revision: Revision | None = None
    proposed: Config | str | None = None
    """Under a revision: what the working tree's config file says, or why it cannot be used; None for no file."""


# -- what follows from them ------------------------------------------------------------------------------------------


def _written(kind: Any) -> Written | None:
    """How a config file writes a setting of this type, if in another form than Python."""
    return next((extra for extra in getattr(kind, "__metadata__", ()) if isinstance(extra, Written)), None)


def form_of(kind: Any) -> Any:
    """The type of a setting without None, which no file can say."""
    if get_origin(kind) not in (Union, UnionType):
        return kind
    return Union[tuple(part for part in get_args(kind) if part is not NoneType)]  # noqa: UP007 - of a list


def _is_bounded(kind: Any) -> bool:
    form = form_of(kind)
    bounds = any(isinstance(extra, Meta) for extra in getattr(form, "__metadata__", ()))
    return _written(kind) is None and (bounds or get_origin(form) is Literal)


#: Config key -> (field of Config, how it is written). A key with a dot is in a table.
KEYS: dict[str, tuple[str, Written]] = {
    entry.encode_name: (entry.name, _written(entry.type) or Written(form_of(entry.type)))
    for entry in msgspec.structs.fields(Settings)
}
_TABLES = {key.partition(".")[0] for key in KEYS if "." in key}
#: Field of Config -> its type, where not all values of the type will do.
_BOUNDED = {entry.name: form_of(entry.type) for entry in msgspec.structs.fields(Config) if _is_bounded(entry.type)}


def _takes(form: Any) -> str:
    """The values that this type takes, in words."""
    described = [extra.description for extra in getattr(form, "__metadata__", ()) if isinstance(extra, Meta)]
    if described and described[-1]:
        return described[-1]
    if get_origin(form) is Literal:
        return "one of " + ", ".join(get_args(form))
    return "true or false" if form is bool else "a text"


def _converted(value: Any, form: Any) -> Any:
    found = msgspec.convert(value, form)
    if isinstance(found, float) and not math.isfinite(found):
        raise msgspec.ValidationError
    return found


def _is_taken(value: Any, form: Any) -> bool:
    try:
        _converted(value, form)
    except msgspec.ValidationError:
        return False
    return True


def _near(name: str, known: Iterable[str]) -> str:
    """The known name that was probably meant."""
    return next(iter(difflib.get_close_matches(name, list(known), n=1)), "")


def quoted(value: Any) -> str:
    """A value in an error message: of a stranger's file no more than the beginning."""
    text = repr(value)
    return text if len(text) <= _MOST_QUOTED else text[: _MOST_QUOTED - 3] + "..."


_MOST_QUOTED = 60


def parse(document: dict[str, Any], source: Path) -> Config:
    """The settings of a config document; raises ConfigError naming the key, what it takes, and a near miss."""
    flat: dict[str, Any] = {}
    for key, value in document.items():
        if key in _TABLES:
            if not isinstance(value, dict):
                raise ConfigError(f"{source}: {key} takes a table, not {quoted(value)}")
            flat.update({f"{key}.{inner}": item for inner, item in value.items()})
        else:
            flat[key] = value
    settings: dict[str, Any] = {}
    for key, value in flat.items():
        if key not in KEYS:
            close = _near(key.replace("_", "-"), KEYS)
            suggestion = f"did you mean {close}?" if close else f"known keys: {', '.join(KEYS)}"
            raise ConfigError(f"{source}: unknown key {quoted(key)}; {suggestion}")
        name, how = KEYS[key]
        try:
            settings[name] = how.made(_converted(value, how.form), source.parent)
        except msgspec.ValidationError:
            takes = how.why(value) if how.why else _takes(how.form)
            raise ConfigError(f"{source}: {key} takes {takes}, not {quoted(value)}") from None
        except _RefusedError as takes:
            raise ConfigError(f"{source}: {key} takes {takes}, not {quoted(value)}") from None
    return Config(**settings, source=source)


def split(text: str) -> tuple[str | None, str | None]:
    """A backbone, NAME, FILE or NAME:FILE, as (name, file); one letter before the colon is a drive, not a name."""
    if found := re.fullmatch(r"(\w{2,}):(.+)", text):
        return found[1], found[2]
    return (text, None) if re.fullmatch(r"\w+", text) else (None, text)
