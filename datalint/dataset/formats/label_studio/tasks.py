"""Annotated images as Label Studio has them in all its exports, and the rows that they become."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from datalint.amounts import counted
from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers.records import Place, shortened
from datalint.dataset.formats import exports, label_format, split_files
from datalint.dataset.formats.label_format import Counted, Fault, LabelFile, Labels
from datalint.dataset.formats.label_studio import image_name
from datalint.dataset.formats.label_studio.regions import Region, choices, put, shape_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.dataset.files.image_names import Found


class Task(NamedTuple):
    """An image with what one annotation says of it."""

    place: Place
    data: dict[str, Any]
    """What it is about."""
    step: str
    """Where that is, from its place on."""
    id: Any
    regions: list[Region]


class LabelStudio(exports.Export):
    """Files that differ in the split only are one dataset: any other may be an export of the same annotations."""

    name, title = "label-studio", "Label Studio"
    multi = False
    counts = (
        label_format.IMAGES,
        label_format.BOXES,
        label_format.LINES,
        label_format.POINTS,
        Counted("labels", "label", "labels"),
    )

    def add(self, tasks: Sequence[Task], file: LabelFile, out: Labels) -> None:
        """Put the tasks of a file into rows; of several annotations of a task the first one counts."""
        split = split_files.split_of(file)
        seen: set[tuple[str, str]] = set()
        for task in tasks:
            if image_name.is_video(task.data):
                self.leave(out, "video")
                continue
            found = self._image(task, file, seen, out)
            if found is None:
                continue
            if split is not None:
                out.split(found, split)
            known = {region.id for region in task.regions if (region.kind or "").endswith("labels")}
            for region in task.regions:
                if region.kind in ("rectangle", "polygon", "ellipse", "keypoint", "brush") and region.id in known:
                    continue  # the same region, which says its class in a result of its own
                if (fault := self._region(region, found, out)) is not None:
                    out.lost(fault, region.place, found.path)

    def _image(self, task: Task, file: LabelFile, seen: set[tuple[str, str]], out: Labels) -> Found | None:
        key = image_name.field(task.data)
        lost = counted(len(task.regions), "region") if task.regions else ""
        place = task.place
        at = place
        if place.pointer is not None:
            at = place._replace(pointer=f"{place.pointer}{task.step}{'' if key is None else f'/{key}'}")
        said = "" if key is None else str(task.data[key])
        found = image_name.find(said, split_files.folders_near(file.folder), out)
        if found.path is None:
            out.unnamed(found, at, lost)
            return None
        if task.id is not None:
            if (one := (str(task.id), found.path)) in seen:
                self.leave(
                    out,
                    "further annotation of an image, where the first one counts",
                )
                return None
            seen.add(one)
        out.once(found, said, place)
        size = next((region.size for region in task.regions if region.size != (None, None)), (None, None))
        out.image(found, place, size)
        return found

    def _region(self, region: Region, found: Found, out: Labels) -> Fault | None:
        shape = shape_of(region)
        if shape == "choices":
            names = choices(region.value)
            if isinstance(names, Fault):
                return names._replace(step=f"{region.step}{names.step}")
            for name in names:
                out.classes.add(name)
                out.label(Record(found, name, None, region.place))
        elif shape == "brush":
            self.leave(out, "mask of a brush")
        elif shape == "video":
            self.leave(out, "track in a video")
        elif shape is None:
            self.leave(out, f"answer of the kind {shortened(region.kind)}" if region.kind else "answer of another kind")
        else:
            return put(region, shape, found, out)
        return None
