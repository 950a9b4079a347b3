"""What all formats of label files share: which format a file is of, and its outcome.

Each file is looked at once, for all formats. The rows of a dataset, its image names, counts and evidence are in
`label_format`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset.containers.records import Kind, Outcome, Place, refused, unreadable
from datalint.dataset.formats.label_format import LabelFile, Labels

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.dataset.assembly.annotations import Annotations
    from datalint.dataset.files.tree import Tree
    from datalint.dataset.formats.label_format import Format

#: The extension of text files, of which there may be one an image, of formats that are asked later.
_TEXT = "txt"
#: Of a folder with more text files than this, some are looked at, and if no format knows them the others are not.
_MANY, _SAMPLE = 20, 5


def read(tree: Tree, formats: Sequence[type[Format]]) -> list[Annotations]:
    """Every dataset of these formats under the root. A file is of the first format that recognises it."""
    door = _Door(tree, formats)
    for files in _candidates(tree, formats):
        if files[0, "extension"] != _TEXT or door.may_know(files):
            for file in _listed(files):
                door.take(file)
    return list(door.finished())


class _Door:
    """Files on their way to the formats."""

    def __init__(self, tree: Tree, formats: Sequence[type[Format]]) -> None:
        self._tree = tree
        self._formats = [form(tree) for form in formats]
        self._found: dict[Format, dict[str, Labels]] = {form: {} for form in self._formats}
        self._lost: list[tuple[Format, LabelFile, Outcome | tuple[str, str]]] = []

    def take(self, file: LabelFile) -> None:
        """A file that may be of one of the formats."""
        asked = [form for form in self._formats if file.extension in form.extensions]
        try:
            head = self._tree.head(file.row)
            form = next((form for form in asked if self._is_of(form, file, head)), None)
        except OSError as error:
            self._lost += [(form, file, unreadable(error)) for form in asked]
            return
        if form is not None:
            self._read(form, file)
            return
        for form in asked:
            if (fault := form.blank(head)) is not None:
                self._lost.append((form, file, fault))

    def finished(self) -> Iterator[Annotations]:
        """The datasets, by format and folder."""
        for form, file, fault in self._lost:
            out = self._found[form].get(form.dataset_of(file))
            if out is not None and file.folder in out.homes:
                _tell(out, file, fault)
        for form, found in self._found.items():
            for root in sorted({*found, *form.datasets()}):
                out = found.get(root) or Labels(form, root)
                form.finish(out)
                if out.outcomes:
                    yield out.annotations()

    def may_know(self, files: pl.DataFrame) -> bool:
        """False where they are many and the few that are looked at are of no format."""
        some = files.gather_every(max(1, files.height // _SAMPLE)).head(_SAMPLE)
        return files.height <= _MANY or any(self._looks(file) for file in _listed(some))

    def _looks(self, file: LabelFile) -> bool:
        try:
            head = self._tree.head(file.row)
            return any(self._is_of(form, file, head) for form in self._formats if file.extension in form.extensions)
        except OSError:
            return False

    def _is_of(self, form: Format, file: LabelFile, head: bytes) -> bool:
        said = form.is_of(file, head)
        return form.confirm(self._tree.data(file.row)) if said is None else said

    def _read(self, form: Format, file: LabelFile) -> None:
        root = form.dataset_of(file)
        out = self._found[form].get(root) or Labels(form, root)
        before = out.tables()
        try:
            data = self._tree.data(file.row)
        except OSError as error:
            out.outcomes[file.path] = unreadable(error)
        else:
            if form.largest is not None and len(data) > form.largest:
                _refuse(out, file, form.largest >> 20)
            elif form.read(file, data, out) is False:
                return
        out.files.append(file)
        out.homes.add(file.folder)
        self._found[form][root] = out
        rows = {table: count - before[table] for table, count in out.tables().items()}
        said = "nothing" if form.one_image and not rows["named"] else out.words(rows)
        out.outcomes.setdefault(file.path, Outcome(Kind.READ, f"read as {form.title}", said))


def _candidates(tree: Tree, formats: Sequence[type[Format]]) -> Iterator[pl.DataFrame]:
    """The files that may be of one of the formats, in the order of their paths; text files by folder, those that are
    named after images apart from the others: a list of images is a single file beside thousands of labels."""
    extensions = {extension for form in formats for extension in form.extensions}
    for extension in sorted(extensions):
        rows = tree.usable(extension)
        if extension != _TEXT or rows.is_empty():
            yield from [rows] if rows.height else []
            continue
        rows = rows.with_columns(pl.col("file_row").is_in(tree.label_pairs["label"].implode()).alias("paired"))
        for _, some in rows.group_by("folder", "paired", maintain_order=True):
            yield some


def _listed(files: pl.DataFrame) -> Iterator[LabelFile]:
    for row in files.select("path", "file_row", "folder", "stem", "extension").iter_rows():
        yield LabelFile(*row)


def _refuse(out: Labels, file: LabelFile, megabytes: int) -> None:
    reason = f"larger than {megabytes} MB, too large for one image"
    out.problem("syntax", Place(file.path, 1), reason, "a label file of one image")
    out.outcomes[file.path] = refused(f"larger than {megabytes} MB")


def _tell(out: Labels, file: LabelFile, fault: Outcome | tuple[str, str]) -> None:
    """The outcome of a file that is recognised only by the files beside it."""
    if isinstance(fault, Outcome):
        out.outcomes[file.path] = fault
        return
    reason, expected = fault
    out.outcomes[file.path] = refused(reason)
    found = out.names.by_stem(file.stem, out.folders_of(file.folder))
    out.problem("syntax", Place(file.path, 1), reason, expected, found.path)


__all__ = ["read"]
