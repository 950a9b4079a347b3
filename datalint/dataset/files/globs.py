"""Glob patterns on dataset paths: `*` and `?` stay within one part, `**` crosses parts.

Patterns come from a config, which may be a stranger's: a regular expression that tries one way after the other could
take years for `*a*a*a*a*b`. Here all ways are followed at once, one character after the other, and what came of each
character is remembered (R. Cox, Regular Expression Matching Can Be Simple And Fast, 2007: https://swtch.com/~rsc/regexp).
"""

from __future__ import annotations

import os
from functools import reduce
from operator import getitem
from typing import TYPE_CHECKING, NamedTuple

from datalint.sources.url import Url, place_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

#: States that are remembered. A pattern has a few; only one that is made for it has more.
_MOST_STATES = 4096


class Globs:
    """All paths that any of some patterns names.

    A pattern without `/` names files and folders at any depth; with one it starts at the base. A pattern that
    ends in `/**` names the folder too, so that a walk need not enter it.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._steps = _Steps([_tokens(pattern) for pattern in patterns])
        self._start = self._steps.start()
        self._folder, self._within = "", self._start  # files are asked for folder by folder

    def names(self, path: str) -> bool:
        """Whether a pattern names this path."""
        cut = path.rfind("/") + 1
        if (folder := path[:cut]) != self._folder:
            self._folder, self._within = folder, reduce(getitem, folder, self._start)
        if not self._within.bits:
            return False
        return reduce(getitem, path[cut:], self._within).named

    def cover(self, path: str) -> bool:
        """Whether a pattern names this path, or a folder above it."""
        state = self._start
        for character in path:
            if character == "/" and state.named:
                return True
            state = state[character]
        return state.named


def prefix(root: bytes, folder: Path | None) -> bytes:
    """What to put before a path below `root` so that a config file's globs, relative to its folder, match it.

    `folder` is that of the config file. Empty where that is the root, lies beside the dataset, or there is none.
    """
    if folder is None or isinstance(place_of(os.fsdecode(root)), Url):
        return b""
    base = os.path.realpath(os.fsencode(folder.absolute()))
    relative = os.path.relpath(os.path.realpath(root), base)
    return b"" if relative == b"." or relative.startswith(b"..") else relative.replace(os.sep.encode(), b"/") + b"/"


# -- what a pattern consists of --------------------------------------------------------------------------------------

#: Any characters of a part; any characters at all; any folders, each with its `/`. All of them may be nothing.
_STAR, _ANY, _FOLDERS = "*", "**", "**/"


class _One(NamedTuple):
    """One character."""

    ranges: tuple[tuple[str, str], ...]
    """From which to which character."""
    negated: bool = False
    """Whether it is any other character."""

    def takes(self, character: str) -> bool:
        return any(low <= character <= high for low, high in self.ranges) is not self.negated


_IN_PART = _One((("/", "/"),), negated=True)
_Tokens = list[str | _One]


def _tokens(pattern: str) -> _Tokens:
    pattern = pattern.replace("\\", "/").removeprefix("./").rstrip("/")
    if "/" not in pattern:
        pattern = f"**/{pattern}"
    pattern = pattern.removeprefix("/")
    if pattern.endswith("/**"):
        pattern = pattern.removesuffix("/**")
    found: _Tokens = []
    position = 0
    while position < len(pattern):
        token, length = _token(pattern, position)
        position += length
        if not isinstance(token, str) or not found or not isinstance(found[-1], str):
            found.append(token)
        elif _ANY in (token, found[-1]):
            found[-1] = _ANY  # what is nothing or anything takes in what may be nothing
        elif token != found[-1]:
            found.append(token)
    return found


def _token(pattern: str, position: int) -> tuple[str | _One, int]:
    """The token at a position, and how many characters write it."""
    for token in (_FOLDERS, _ANY, _STAR):
        if pattern.startswith(token, position):
            return token, len(token)
    character = pattern[position]
    if character == "?":
        return _IN_PART, 1
    negated = pattern[position + 1 : position + 2] in ("!", "^")
    end = pattern.find("]", position + 2 + negated) if character == "[" else -1
    if end < 0:
        return _One(((character, character),)), 1
    return _One(_ranges(pattern[position + 1 + negated : end]), negated), end + 1 - position


def _ranges(text: str) -> tuple[tuple[str, str], ...]:
    """`a-z_` as ranges."""
    found = []
    position = 0
    while position < len(text):
        length = 3 if text[position + 1 : position + 2] == "-" and position + 2 < len(text) else 1
        found.append((text[position], text[position + length - 1]))
        position += length
    return tuple(found)


# -- all ways at once ------------------------------------------------------------------------------------------------


class _State(dict[str, "_State"]):
    """How far each pattern may have come, and the state after one more character."""

    __slots__ = ("_steps", "bits", "named")

    def __init__(self, steps: _Steps, bits: int) -> None:
        self._steps = steps
        self.bits = bits
        self.named = bool(bits & steps.ends)
        """Whether a pattern ends here."""

    def __missing__(self, character: str) -> _State:
        self[character] = state = self._steps.after(self, character)
        return state


class _Steps:
    """The patterns, one after the other, as bits of a number: each stands before a token, the last one at the end.

    `_FOLDERS` has two: before a folder's name, and within it.
    """

    def __init__(self, patterns: Iterable[_Tokens]) -> None:
        self.ends = 0
        self._starts = self._stars = self._any = self._folders = 0
        self._ones: dict[_One, int] = {}
        self._moves: dict[str, int] = {}
        self._states: dict[int, _State] = {}
        bit = 1
        for tokens in patterns:
            self._starts |= bit
            for token in tokens:
                if isinstance(token, _One):
                    self._ones[token] = self._ones.get(token, 0) | bit
                elif token == _FOLDERS:
                    self._folders |= bit
                    bit <<= 1
                elif token == _STAR:
                    self._stars |= bit
                else:
                    self._any |= bit
                bit <<= 1
            self.ends |= bit
            bit <<= 1

    def start(self) -> _State:
        """The state before a path."""
        return self._state(self._starts)

    def after(self, state: _State, character: str) -> _State:
        """The state after one more character."""
        bits, within = state.bits, self._folders << 1
        ahead = (bits & self._moved(character)) << 1
        if character == "/":
            return self._state(ahead | bits & self._any | (bits & within) >> 1)
        return self._state(ahead | bits & (self._any | self._stars | within) | (bits & self._folders) << 1)

    def _state(self, bits: int) -> _State:
        # What may be nothing is passed over; no two of a kind follow each other, and _FOLDERS comes before _STAR.
        bits |= (bits & self._folders) << 2
        bits |= (bits & (self._stars | self._any)) << 1
        state = self._states.get(bits)
        if state is None:
            if len(self._states) >= _MOST_STATES:
                for known in self._states.values():
                    known.clear()
                self._states.clear()
            state = self._states[bits] = _State(self, bits)
        return state

    def _moved(self, character: str) -> int:
        """The bits that stand before a token which takes this character."""
        moves = self._moves.get(character)
        if moves is None:
            moves = 0
            for one, bits in self._ones.items():
                if one.takes(character):
                    moves |= bits
            self._moves[character] = moves
        return moves
