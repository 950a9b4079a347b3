"""What a rule is. Of datalint, a rule sees only this module and `Dataset`."""

from __future__ import annotations

import difflib
import inspect
import re
from abc import ABC, abstractmethod
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, overload

if TYPE_CHECKING:
    import polars as pl

    from datalint.dataset import Dataset

T = TypeVar("T", bound="float | int | bool | str | tuple[str, ...]")


class Severity(StrEnum):
    """How bad a finding is, if it is true."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


class Confidence(StrEnum):
    """How sure a rule is of what it says."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Scope(StrEnum):
    """What a finding is about."""

    RECORD = "record"
    IMAGE = "image"
    FILE = "file"
    """The records of one label file."""
    FOLDER = "folder"
    CLASS = "class"
    SPLIT = "split"
    DATASET = "dataset"


class Need(StrEnum):
    """What must be known before a rule can run; the engine plans its stages from it."""

    FILES = "files"
    BYTES = "bytes"
    """How many bytes each image has: to know that of rows of a table in a store, the pictures are fetched."""
    CONTENT = "content"
    HEADER = "header"
    FRAMES = "frames"
    """The header, and how many frames there are: for that a GIF is read to its end."""
    PIXELS = "pixels"
    PAIRS = "pairs"
    PROBE = "probe"
    LABELS = "labels"
    """Classes of whole images."""
    ANNOTATIONS = "annotations"
    """Labels of any kind: of images, boxes or polygons."""
    NAMED = "named"
    """Labels of any kind, or a label file that names images without any."""
    SIZES = "sizes"
    """The size of the images: measured, or declared by a label file where the images are absent."""
    PLACES = "places"
    """Sizes of the images, or boxes in shares of them."""
    OBJECTS = "objects"
    """Boxes or polygons."""
    BOXES = "boxes"
    POLYGONS = "polygons"
    KEYPOINTS = "keypoints"
    CLASSES = "classes"
    SPLITS = "splits"
    PROBLEMS = "problems"
    SKIPPED = "skipped"
    """Files that are not images; a rule of these also runs where there is nothing else."""
    MASKS = "masks"
    """Every mask file decoded, where there are any: what is wrong with them is among the problems."""
    CONFIG = "config"


class OptionError(ValueError):
    """An option that a rule does not have, or a value that it does not accept."""


class Option(Generic[T]):
    """A typed, bounded, documented setting of a rule. Made by `option`."""

    def __init__(self, default: T, doc: str, low: float | None, high: float | None, choices: tuple[str, ...]) -> None:
        self.default, self.doc, self.low, self.high, self.choices = default, doc, low, high, choices
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: Rule, owner: type) -> T: ...
    def __get__(self, instance: Rule | None, owner: type) -> Self | T:
        return self if instance is None else instance.__dict__.get(self.name, self.default)

    def __set__(self, instance: Rule, value: object) -> None:
        instance.__dict__[self.name] = self.validated(value)

    @property
    def key(self) -> str:
        """The option's name in a config file: kebab-case."""
        return self.name.replace("_", "-")

    def validated(self, value: object) -> T:
        """`value` as this option's type; raises OptionError with the reason when it cannot be."""
        kind = type(self.default)
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if kind is tuple and isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
            value = tuple(value)
        if type(value) is not kind:
            raise OptionError(f"{self.key} takes a {_TYPE_NAMES[kind]}, not {value!r}")
        if isinstance(value, int | float):
            if value != value:
                raise OptionError(f"{self.key} takes a number, not NaN")
            if self.low is not None and value < self.low:
                raise OptionError(f"{self.key} must be at least {self.low:g}, not {value:g}")
            if self.high is not None and value > self.high:
                raise OptionError(f"{self.key} must be at most {self.high:g}, not {value:g}")
        if self.choices and value not in self.choices:
            raise OptionError(f"{self.key} takes one of {', '.join(self.choices)}, not {value!r}")
        return value


_TYPE_NAMES: dict[type, str] = {
    float: "number",
    int: "whole number",
    bool: "true or false",
    str: "text",
    tuple: "list of texts",
}


def option(
    default: T, doc: str, *, low: float | None = None, high: float | None = None, choices: tuple[str, ...] = ()
) -> Option[T]:
    """Declare an option of a rule: its default (which gives its type), what it means, and its bounds."""
    return Option(default, doc, low, high, choices)


class Rule(ABC):
    """Base of all rules: metadata as class attributes, options as descriptors, one query.

    `check` returns a frame whose rows are the findings. Columns that the engine knows: `path`, `file`, `line`,
    `column`, `pointer`, `subject`, `score` (0-1, 1 = worst), `related` and `examples` (lists of paths; with other
    examples it stays the same finding), `members` (the paths of all images that a finding about a group speaks of),
    `severity` and `hint` where they vary by row. All other columns feed `message` and `hint` by name and end up in the
    finding's `data`.

    Rows about single images or records that are true of a whole folder, class, split or label file, or of the dataset,
    become one finding about it (`judge/scope.py`). The attributes from `groups` on say how.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    since: ClassVar[str]
    severity: ClassVar[Severity]
    confidence: ClassVar[Confidence]
    needs: ClassVar[tuple[Need, ...]]
    message: ClassVar[str]
    """Template of one finding; names are columns of the frame. Fact first, number with unit, no trailing period."""
    record_message: ClassVar[str] = ""
    """The same of a finding about a record, where it reads differently; by default `message`."""
    hint: ClassVar[str] = ""
    """What to do, in the imperative; a template too."""
    key: ClassVar[tuple[str, ...]] = ()
    """Columns that tell two findings of one rule about the same images and subject apart, where the frame has them."""
    yields_to: ClassVar[tuple[str, ...]] = ()
    """Names of rules that report the same cause: their findings about the same images silence this rule's."""
    per_image: ClassVar[bool] = True
    """Whether a row without a label file is about one image: it is counted, and may belong to a group."""
    scope: ClassVar[str] = "dataset"
    """What a row is about that has neither an image nor a label file: its `subject` is a class, a split, ..."""
    groups: ClassVar[bool] = True
    """Whether many rows may become one finding. False where each is a decision of its own: to look at a label, to
    choose among copies. What is true of most of a group is then still many decisions."""
    said_once: ClassVar[bool] = False
    """Whether rows that state one fact are one finding however small a part of a group they are: the fact is about how
    the dataset was made, and nobody would treat the images one by one."""
    unit: ClassVar[str] = "image"
    """What one row is about, and what a group is counted in: a key of `judge.scope.UNITS`. Rows about images that have
    a label file are about a record."""
    fact: ClassVar[tuple[str, ...]] = ()
    """Columns that say in words what is wrong. Rows belong to one group only where they agree in them, up to numbers
    and quoted names."""
    group_message: ClassVar[str] = ""
    """Template of a finding about a group; by default `message` behind `{who}: `. It may name the columns: a number
    reads `3 to 20`, a text `a, b or c`; and `who` (`all 40 images of the class cat`), `count`, `total`, `part` (the
    share) and `of` (` of the class cat`)."""
    group_hint: ClassVar[str] = ""
    """What to do about a group; by default the commonest hint of its rows."""
    group_severity: ClassVar[Severity | None] = None
    """How bad it is of a group, if not as bad as of one: a fault in one image may be a property of a dataset."""
    fixable: ClassVar[bool] = False
    """Whether `datalint fix` has a fixer of its findings."""
    preview: ClassVar[bool] = False
    abstract: ClassVar[bool] = True
    options: ClassVar[dict[str, Option[Any]]] = {}

    def __init_subclass__(cls, *, abstract: bool = False, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        cls.abstract = abstract
        cls.options = {
            name: value
            for base in reversed(cls.__mro__)
            for name, value in vars(base).items()
            if isinstance(value, Option)
        }
        if abstract:
            return
        missing = [
            name
            for name in ("code", "name", "since", "severity", "confidence", "needs", "message")
            if not hasattr(cls, name)
        ]
        if missing:
            raise TypeError(f"rule {cls.__name__} lacks {', '.join(missing)}")
        if not re.fullmatch(r"[A-Z]{2,8}\d{3}", cls.code):
            raise TypeError(f"rule {cls.__name__}: code {cls.code!r} is not 2-8 capital letters and 3 digits")
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", cls.name):
            raise TypeError(f"rule {cls.__name__}: name {cls.name!r} is not kebab-case")

    def __init__(self, **options: object) -> None:
        for name, value in options.items():
            if name not in self.options:
                known = [option.key for option in self.options.values()]
                close = difflib.get_close_matches(name.replace("_", "-"), known, n=1)
                has = f"did you mean {close[0]}?" if close else f"it has {', '.join(known) or 'no options'}"
                raise OptionError(f"{self.name} has no option {name.replace('_', '-')}; {has}")
            setattr(self, name, value)

    @abstractmethod
    def check(self, data: Dataset) -> pl.LazyFrame | pl.DataFrame:
        """The findings about `data`, one per row."""

    @classmethod
    def page(cls) -> str:
        """The docstring: the rule's page in Markdown (empty under `python -OO`)."""
        return inspect.getdoc(cls) or ""

    @classmethod
    def summary(cls) -> str:
        """The first paragraph of the page, on one line."""
        return " ".join(cls.page().split("\n\n")[0].split())

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.options if name in self.__dict__)
        return f"{type(self).__name__}({given})"
