"""A finding in words: the templates of its rule, filled with its row, or with the rows of a group."""

from __future__ import annotations

import re
from string import Formatter
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from datalint.amounts import Share

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from datalint.rule import Rule

#: Characters of a name that a message shows, and of all that it names: labels may be of any length.
_LONGEST_NAME, _LONGEST = 200, 2000
_LONG = re.compile(rf"(\S{{{_LONGEST_NAME}}})\S+")
#: Different texts of a column that the message of a group names.
_TEXTS = 3


def named(text: str) -> str:
    """Names that come from a dataset as a message shows them."""
    return text if len(text) <= _LONGEST_NAME else _LONG.sub(r"\1…", text)[:_LONGEST]


def messages(rule: Rule, rows: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """The messages and the hints of the findings that rows of the rule's frame are."""
    if rule.record_message and "file" in rows.columns:
        of_record = rows["file"].is_not_null()
        images, records = (
            _filled(rule.message, rows.filter(~of_record)),
            _filled(rule.record_message, rows.filter(of_record)),
        )
        said = _put_together(images, records, of_record)
    else:
        said = _filled(rule.message, rows)
    if "hint" not in rows.columns:
        return said, _filled(rule.hint, rows)
    own = rows["hint"]
    lacking = own.is_null()
    return said, _put_together(own.drop_nulls(), _filled(rule.hint, rows.filter(lacking)), lacking)


def _filled(template: str, rows: pl.DataFrame) -> pl.Series:
    """A template, filled with each of the rows."""
    names = sorted(fields(template))
    if not names:  # one text for all
        return rows.select(pl.repeat(template.format(), pl.len(), dtype=pl.String)).to_series()
    values = [map(_shown, rows[name].to_list()) for name in names]
    filled = (template.format_map(dict(zip(names, row, strict=True))) for row in zip(*values, strict=True))
    return pl.Series(filled, dtype=pl.String)


def _put_together(some: pl.Series, others: pl.Series, is_other: pl.Series) -> pl.Series:
    """One row of `others` where `is_other`, else one of `some`."""
    if not len(others):
        return some
    rows = np.concatenate([(~is_other).arg_true(), is_other.arg_true()])
    return pl.concat([some, others.alias(some.name)]).gather(np.argsort(rows))


def group_message(rule: Rule, rows: pl.DataFrame, about: Mapping[str, Any]) -> tuple[str, str]:
    """The message and the hint of the finding that these rows of the rule's frame are, whatever their order.

    `about` holds what `scope.ABOUT` names, and takes precedence over columns of these names.
    """
    said, hint = rule.group_message or f"{{who}}: {rule.message}", rule.group_hint or rule.hint
    if not rule.group_hint and "hint" in rows.columns and (own := _commonest(rows["hint"])):
        said_hint: str | None = own[0]
    else:
        said_hint = None
    wanted = fields(said) | (fields(hint) if said_hint is None else set())
    known = {name: _spread(rows[name], fact=name in rule.fact) for name in wanted.intersection(rows.columns)}
    known |= {name: _shown(value) for name, value in about.items()}
    return said.format_map(known), hint.format_map(known) if said_hint is None else said_hint


def fields(template: str) -> set[str]:
    """The names that a template has."""
    return {re.split(r"[.\[]", field)[0] for _, field, _, _ in Formatter().parse(template) if field}


def _shown(value: object) -> object:
    if type(value) is str:
        return named(value)
    return _UNKNOWN if value is None else Share(value) if type(value) is float else value


def _spread(values: pl.Series, *, fact: bool) -> object:
    """What a column holds in the rows of a group, as a message shows it."""
    if values.dtype.is_numeric():
        finite = values.drop_nulls().drop_nans() if values.dtype.is_float() else values.drop_nulls()
        return _Range(_shown(finite.min()), _shown(finite.max())) if len(finite) else _UNKNOWN
    if values.dtype != pl.String:
        return _shown(values.drop_nulls().first())
    texts = [named(text) for text in _commonest(values)]
    if not texts:
        return _UNKNOWN
    if fact:
        return texts[0] if len(texts) == 1 else f"{texts[0]} (for example)"
    return _listed(texts)


def _commonest(values: pl.Series) -> list[str]:
    """The different texts of a column, the commonest first."""
    counts = values.drop_nulls().alias("text").value_counts().sort(["count", "text"], descending=[True, False])
    return counts["text"].to_list()


def _listed(texts: Sequence[str]) -> str:
    if len(texts) > _TEXTS:
        return f"{', '.join(texts[: _TEXTS - 1])} and {len(texts) - _TEXTS + 1:,} others"
    return " or ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))


class _Range:
    """The smallest and the largest of some numbers: `3 to 20`, or one where they read the same."""

    def __init__(self, low: object, high: object) -> None:
        self._ends = low, high

    def __format__(self, spec: str) -> str:
        low, high = (format(end, spec) for end in self._ends)
        return low if low == high else f"{low} to {high}"

    __str__ = __repr__ = lambda self: format(self, "")


class _Unknown:
    """An unknown value: it is written `?` in a message instead of ending the scan."""

    def __format__(self, _spec: str) -> str:
        return "?"

    def __getattr__(self, _name: str) -> _Unknown:
        return self

    def __getitem__(self, _key: object) -> _Unknown:
        return self

    __repr__ = __str__ = lambda self: "?"


_UNKNOWN = _Unknown()
