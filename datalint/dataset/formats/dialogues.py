"""Dialogues about images, as LLaVA and Hugging Face have them: JSON lists or lines with turns and names of images.

References: https://github.com/haotian-liu/LLaVA/blob/main/docs/Finetune_Custom_Data.md and
https://huggingface.co/docs/trl/dataset_formats#vision-datasets
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from datalint.amounts import counted
from datalint.dataset.containers.json.document import Document, as_text, kind_of
from datalint.dataset.containers.json.records import line_items
from datalint.dataset.containers.records import Place
from datalint.dataset.formats import exports, json_fields, split_files
from datalint.dataset.formats.label_format import IMAGES, Fault, LabelFile, Labels

_TURNS = ("conversations", "messages")
_IMAGES = ("image", "images", "file_name")
#: Names of images that lie elsewhere, or are the image itself.
_ELSEWHERE = re.compile(r"data:|https?://|s3://|gs://")
_BEGINS = re.compile(rb"\[?\s*\{")
_OWN = re.compile(rb'"(?:conversations|messages)"\s*:\s*\[\s*\{\s*"(?:from|value|role|content)"\s*:')
_IMAGE = re.compile(rb'"images?"\s*:\s*(?:"|\[|\{)|"type"\s*:\s*"image"')
_TEXTS = ("value", "content", "text")
_TOKEN = "<image>"
_DIALOGUE = 'an object with "image" and "conversations", or "images" and "messages"'
_TURN = 'an object with "from" and "value", or "role" and "content"'


class _Dialogue(NamedTuple):
    """What one record says."""

    images: list[tuple[str, Any]]
    """The way to each image that it names, and the name."""
    tokens: int
    """How often its texts say that an image stands there."""
    faults: list[Fault]


class _Tally:
    """The records of a file so far."""

    def __init__(self) -> None:
        self.used = self.tokens = 0
        self.silent: list[tuple[Fault, Place, str | None]] = []
        """Those with images and no token: a fault only where others have tokens."""


class Dialogues(exports.Export):
    """Files that differ in the split only are one dataset."""

    name, title, extensions = "dialogues", "Dialogues", ("json", "jsonl", "ndjson")
    counts = (IMAGES,)

    def recognise(self, head: bytes) -> bool:
        """Turns, and images."""
        text = as_text(head)
        return bool(_BEGINS.match(text) and _OWN.search(text) and _IMAGE.search(text))

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        """A list of dialogues, or one a line."""
        tally = _Tally()
        if json_fields.is_list(data):
            document = Document(data, file.path)

            def put(value: Any, place: Place) -> Fault | None:
                return self._put(value, place, file, tally, out)

            json_fields.each(document, (document.root(), ""), _DIALOGUE, out, put, (*_TURNS, *_IMAGES))
            document.check_end()
            out.problems += document.problems
        else:
            items, problems = line_items(data, file.path)
            out.problems += problems
            for item in items:
                if (fault := self._put(item.value, Place(file.path, item.line), file, tally, out)) is not None:
                    out.lost(fault, Place(file.path, item.line))
        for fault, place, path in tally.silent if tally.tokens else ():
            out.lost(fault, place, path)
        tally.used += 0 if tally.tokens else len(tally.silent)
        out.remark(f"{file.path}: {counted(tally.used, 'dialogue')} about images.")

    def _put(self, value: Any, place: Place, file: LabelFile, tally: _Tally, out: Labels) -> Fault | None:
        """Put the images of a dialogue into rows; the first thing that is wrong with it is a problem."""
        if not isinstance(value, dict):
            return json_fields.other(value, _DIALOGUE)
        said = _read(value)
        split = split_files.split_of(file)
        faults, path = list(said.faults), None
        for step, name in said.images:
            if isinstance(name, str) and _ELSEWHERE.match(name):
                self.leave(out, "image at an address")
                continue
            found = out.find(name, split_files.folders_near(file.folder)) if isinstance(name, str) else None
            if found is None or found.path is None:
                reason = (found.fault if found else None) or f"{kind_of(name)} in place of the name of an image"
                faults.append(Fault(step, reason, "the path of an image"))
                continue
            path = path or found.path
            at = place if place.pointer is None else place._replace(pointer=f"{place.pointer}{step}")
            if found.fault:
                out.problem("path", at, found.fault, "a path from the file or from its folder of images", found.path)
            if out.is_new(found, at):
                out.image(found, at)
                if split is not None:
                    out.split(found, split)
        tally.tokens += said.tokens
        if not faults and said.tokens != len(said.images):
            images, tokens = counted(len(said.images), "image"), counted(said.tokens, f"`{_TOKEN}`", f"`{_TOKEN}`")
            fault = Fault("", f"{images}, and {tokens} in the texts", f"a `{_TOKEN}` for each image")
            if said.tokens:
                faults.append(fault)
            else:
                tally.silent.append((fault, place, path))
                return None
        if faults:
            out.lost(faults[0], place, path)
        else:
            tally.used += 1
        return None


def _read(value: dict[str, Any]) -> _Dialogue:
    """The images and turns of a record."""
    said = _Dialogue([], 0, [])
    for key in _IMAGES:
        given = value.get(key)
        several = isinstance(given, list)
        for at, one in enumerate(given if isinstance(given, list) else [given]):
            if one is not None:
                said.images.append((f"/{key}/{at}" if several else f"/{key}", _path(one)))
    named = bool(said.images)
    key = next((key for key in _TURNS if key in value), _TURNS[0])
    turns = value.get(key)
    if not isinstance(turns, list) or not turns:
        reason = "the dialogue has no turns" if turns is None or turns == [] else f"{kind_of(turns)} in place of turns"
        return said._replace(faults=[Fault(f"/{key}" if key in value else "", reason, "a list of turns")])
    tokens = places = 0
    for number, turn in enumerate(turns):
        step = f"/{key}/{number}"
        if not isinstance(turn, dict):
            said.faults.append(json_fields.other(turn, _TURN, step))
            continue
        field = next((one for one in _TEXTS if one in turn), None)
        text, placed = _text(turn.get(field)) if field is not None else (None, [])
        tokens += (text or "").count(_TOKEN)
        places += len(placed)
        if not named:
            said.images.extend((f"{step}/{field}/{at}", name) for at, name in placed if name is not None)
        if text is None:
            if "tool_calls" not in turn:
                said.faults.append(Fault(step if field is None else f"{step}/{field}", "the turn has no text", _TURN))
        elif not text.strip() and not placed and turn.get("role") != "system":
            said.faults.append(Fault(f"{step}/{field}", "the text is empty", "what is said"))
    # Places for images of which none is named: they lie in a column of another table.
    return said._replace(tokens=tokens + places if said.images else tokens)


def _text(content: Any) -> tuple[str | None, list[tuple[int, Any]]]:
    """The text of a turn, and where in it images stand, with the names that are given there."""
    if isinstance(content, str):
        return content, []
    if not isinstance(content, list):
        return None, []
    texts: list[str] = []
    placed: list[tuple[int, Any]] = []
    for at, part in enumerate(content):
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict) and part.get("type") in ("image", "image_url"):
            given = part.get("image", part.get("path", part.get("url", part.get("image_url"))))
            placed.append((at, _path(given)))
        elif isinstance(part, dict) and isinstance(part.get("text"), str):
            texts.append(part["text"])
    return "\n".join(texts), placed


def _path(given: Any) -> Any:
    """The name of an image: a text, or in an object with its path."""
    return next((given[key] for key in ("path", "url") if given.get(key)), given) if isinstance(given, dict) else given


FORMATS = (Dialogues,)
