"""Dialogues about images: turns, images and their places in the texts, and what is broken where."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalint.dataset.assembly.annotations import Annotations
from datalint.dataset.formats.dialogues import FORMATS
from tests.dataset.formats.reading import lost, places, read

ASKED = {"from": "human", "value": "<image>\nWhat is it?"}
SAID = {"from": "gpt", "value": "A cat."}


def talk(image: Any = "a.jpg", *turns: Any, **more: Any) -> dict[str, Any]:
    return {"id": "1", "image": image, "conversations": list(turns or (ASKED, SAID)), **more}


def text(*dialogues: Any) -> str:
    """Each dialogue in a line of its own, from line 2."""
    return "[\n" + ",\n".join(json.dumps(one) for one in dialogues) + "\n]"


def one(root: Path, *dialogues: Any) -> Annotations:
    pictures = {f"images/{name}.jpg": "x" for name in ("a", "b")}
    (found,) = read(root, {"train.json": text(*dialogues), **pictures}, FORMATS)
    return found


def test_llava(tmp_path: Path) -> None:
    both = talk(["a.jpg", "b.jpg"], {"from": "human", "value": "<image> <image> Which?"}, SAID)
    words = {"id": "3", "conversations": [{"from": "human", "value": "Hello"}, SAID]}
    found = one(tmp_path, talk(), both, words)
    assert found.problems == []
    assert found.named.select("path", "line", "pointer").rows() == [
        ("images/a.jpg", 2, "/0/image"),
        ("images/b.jpg", 3, "/1/image/1"),
    ]
    assert found.splits["split"].to_list() == ["train", "train"]
    assert found.evidence[1] == "train.json: 3 dialogues about images."


def test_messages_of_hugging_face(tmp_path: Path) -> None:
    parts = [{"type": "image", "image": "b.jpg"}, {"type": "text", "text": "What is it?"}]
    elsewhere = [{"type": "image_url", "image_url": {"url": "https://x.org/a.jpg"}}, {"type": "text", "text": "And?"}]
    lines = [
        {"images": ["images/a.jpg"], "messages": [{"role": "user", "content": "<image> What?"}]},
        {"messages": [{"role": "system", "content": ""}, {"role": "user", "content": parts}]},
        {"messages": [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "What?"}]}]},
        {"images": [{"path": "a.jpg"}], "messages": [{"role": "user", "content": [{"type": "image"}, parts[1]]}]},
        {"messages": [{"role": "user", "content": elsewhere}, {"role": "assistant", "tool_calls": [1]}]},
    ]
    content = "\n".join(json.dumps(line) for line in lines)
    (found,) = read(tmp_path, {"train.jsonl": content, "images/a.jpg": "x", "images/b.jpg": "x"}, FORMATS)
    assert found.problems == []
    assert found.named.select("path", "line", "pointer").rows() == [
        ("images/a.jpg", 1, None),
        ("images/b.jpg", 2, None),
    ]
    assert "1 image at an address" in " ".join(found.evidence)


def test_texts_without_places_for_images(tmp_path: Path) -> None:
    plain = talk("a.jpg", {"from": "human", "value": "What is it?"}, SAID)
    assert one(tmp_path / "all", plain, plain).problems == []
    some = one(tmp_path / "some", talk(), plain)
    assert places(some) == [("syntax", 3, "/1")]
    assert some.problems[0].reason == "1 image, and 0 `<image>` in the texts"


@pytest.mark.parametrize(
    ("bad", "step", "reason"),
    [
        (7, "", "a number in place of an object"),
        ({"image": "a.jpg"}, "", "the dialogue has no turns"),
        ({"image": "a.jpg", "conversations": []}, "/conversations", "the dialogue has no turns"),
        ({"image": "a.jpg", "conversations": {}}, "/conversations", "an object in place of turns"),
        (talk("a.jpg", ASKED, 7), "/conversations/1", "a number in place of an object"),
        (talk("a.jpg", ASKED, {"from": "gpt"}), "/conversations/1", "the turn has no text"),
        (talk("a.jpg", ASKED, {"from": "gpt", "value": None}), "/conversations/1/value", "the turn has no text"),
        (talk("a.jpg", ASKED, {"from": "gpt", "value": " "}), "/conversations/1/value", "the text is empty"),
        (talk(7), "/image", "a number in place of the name of an image"),
        (talk("../../gone.jpg"), "/image", "leads outside"),
        (talk(["a.jpg", "b.jpg"]), "", "2 images, and 1 `<image>` in the texts"),
        ({"conversations": [ASKED, SAID]}, "", "0 images, and 1 `<image>` in the texts"),
    ],
)
def test_a_bad_dialogue_is_one_problem(tmp_path: Path, bad: Any, step: str, reason: str) -> None:
    found = one(tmp_path, talk(), bad, talk("b.jpg"))
    assert places(found) == [("syntax", 3, f"/1{step}")]
    assert reason in found.problems[0].reason
    assert found.evidence[-1] == "train.json: 2 dialogues about images."


def test_images_that_are_not_there(tmp_path: Path) -> None:
    found = one(tmp_path, talk("gone.jpg"), talk("/data/images/b.jpg"))
    assert places(found) == [("path", 3, "/1/image")]
    assert found.named["file_row"].null_count() == 1


@pytest.mark.parametrize(
    "content",
    ["[]", "{", '[{"conversations": [{"from": "human", "value": "Hi"}]}]', '[{"image": "a.jpg", "annotations": []}]'],
)
def test_files_of_other_formats_are_left_alone(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, {"a.json": content, "b.jsonl": content, "a.jpg": "x"}, FORMATS) == []


VALUES = st.one_of(
    st.just(talk()),
    st.none(),
    st.just({"image": "a.jpg"}),
    st.builds(talk, st.sampled_from(["a.jpg", None, 7, "", ["a.jpg", "b.jpg"]]), st.sampled_from([ASKED, SAID, {}, 1])),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(VALUES, max_size=6), st.booleans())
def test_records_are_used_or_problems(values: list[Any], as_list: bool) -> None:
    values = [talk(), *values]
    content = text(*values) if as_list else "\n".join(json.dumps(value) for value in values)
    with TemporaryDirectory() as folder:
        (found,) = read(Path(folder), {"p.json": content, "a.jpg": "x"}, FORMATS)
    used = int(found.evidence[-1].split()[1])
    assert used + lost(found) == len(values)
