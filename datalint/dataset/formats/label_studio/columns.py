"""JSON-MIN and CSV: an annotation is one flat record, the answers among what it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from datalint.dataset.containers.json.document import a_number, escaped
from datalint.dataset.formats.label_studio import image_name
from datalint.dataset.formats.label_studio.regions import Region, Size
from datalint.dataset.formats.label_studio.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.dataset.containers.records import Place

#: What Label Studio says of an annotation itself. The answers stand between `id` and `annotator`.
_OWN = frozenset({"id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time", "agreement"})
#: Answers in words.
_TEXTS = frozenset(
    {"text", "caption", "captions", "description", "transcription", "comment", "comments", "note", "notes"}
)


def tasks(records: Sequence[tuple[Place, dict[str, Any]]]) -> list[Task]:
    """The annotations of a file."""
    words = {key for _, record in records for key in _answers(record) if isinstance(record[key], str)}
    classes = {key for key in words if _are_classes(key, [record.get(key) for _, record in records])}
    found: list[Task] = []
    for place, record in records:
        regions = [region for key in _answers(record) for region in _regions(place, key, record[key], key in classes)]
        about = {key: value for key, value in record.items() if key not in _OWN and isinstance(value, str)}
        found.append(Task(place, about, "", record.get("id"), regions))
    return found


def _answers(record: dict[str, Any]) -> list[str]:
    """The keys of the answers: lists and objects anywhere, words only where answers stand."""
    keys = list(record)
    begin = keys.index("id") + 1 if "id" in record else len(keys)
    stop = keys.index("annotator") if "annotator" in record else len(keys)
    image = image_name.field({key: value for key, value in record.items() if isinstance(value, str)})
    return [
        key
        for number, key in enumerate(keys)
        if key not in _OWN
        and key != image
        and (isinstance(record[key], list | dict) or (begin <= number < stop and isinstance(record[key], str)))
    ]


def _are_classes(key: str, values: Sequence[Any]) -> bool:
    """Whether words are choices: these come again, and texts that people write do not."""
    said = [value for value in values if isinstance(value, str) and value.strip()]
    return key.casefold() not in _TEXTS and len(set(said)) < max(len(said), 3)


def _regions(place: Place, key: str, value: Any, are_classes: bool) -> Iterator[Region]:
    if isinstance(value, str):
        if are_classes and value.strip():
            at = _below(place, f"/{escaped(key)}")
            yield Region(at, {"choices": [value]}, "choices", None, (None, None), "")
        return
    for number, one in enumerate(value if isinstance(value, list) else [value]):
        at = _below(place, f"/{escaped(key)}/{number}" if isinstance(value, list) else f"/{escaped(key)}")
        if isinstance(one, str):
            yield Region(
                at, {"choices": [one]}, "choices" if are_classes or len(value) > 1 else "text", None, (None, None), ""
            )
        else:
            yield Region(at, one, None, None, size_of(one), "")


def _below(place: Place, step: str) -> Place:
    return place if place.pointer is None else place._replace(pointer=f"{place.pointer}{step}")


def size_of(record: Any) -> Size:
    """The size of the image that a result declares."""
    if not isinstance(record, dict):
        return None, None
    return a_number(record.get("original_width")), a_number(record.get("original_height"))
