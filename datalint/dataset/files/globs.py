"""Glob patterns on dataset paths: `*` and `?` stay within one part, `**` crosses parts."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def matcher(patterns: Iterable[str]) -> re.Pattern[str]:
    """One expression that matches (`fullmatch`) every path that any of `patterns` names.

    A pattern without `/` names files and folders at any depth; with one it starts at the base. A pattern that
    ends in `/**` names the folder too, so that a walk need not enter it.
    """
    return re.compile("|".join(f"(?:{_expression(pattern)})" for pattern in patterns) or r"(?!)", re.DOTALL)


def _expression(pattern: str) -> str:
    pattern = pattern.replace("\\", "/").removeprefix("./").rstrip("/")
    if "/" not in pattern:
        pattern = f"**/{pattern}"
    pattern = pattern.removeprefix("/")
    if pattern.endswith("/**"):
        pattern = pattern.removesuffix("/**")
    expression, position = "", 0
    while position < len(pattern):
        rest = pattern[position:]
        if rest.startswith("**/"):
            expression, position = expression + "(?:[^/]+/)*", position + 3
        elif rest.startswith("**"):
            expression, position = expression + ".*", position + 2
        elif rest[0] == "*":
            expression, position = expression + "[^/]*", position + 1
        elif rest[0] == "?":
            expression, position = expression + "[^/]", position + 1
        elif rest[0] == "[" and (end := rest.find("]", 2)) > 0:
            inside = rest[1:end].replace("\\", r"\\").replace("[", r"\[")
            inside = f"^{inside[1:]}" if inside[0] in "!^" else inside
            expression, position = f"{expression}[{inside}]", position + end + 1
        else:
            expression, position = expression + re.escape(rest[0]), position + 1
    return expression


def prefix(root: bytes, folder: Path | None) -> bytes:
    """What to put before a path below `root` so that a config file's globs, relative to its folder, match it.

    `folder` is that of the config file. Empty where that is the root, lies beside the dataset, or there is none.
    """
    if folder is None:
        return b""
    base = os.path.realpath(os.fsencode(folder.absolute()))
    relative = os.path.relpath(os.path.realpath(root), base)
    return b"" if relative == b"." or relative.startswith(b"..") else relative.replace(os.sep.encode(), b"/") + b"/"


def under(pattern: re.Pattern[str], path: str) -> bool:
    """Whether a `matcher` names a path, or a folder above it."""
    parts = path.split("/")
    return any(pattern.fullmatch("/".join(parts[:length])) for length in range(len(parts), 0, -1))
