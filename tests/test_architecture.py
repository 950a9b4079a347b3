"""The plan of the house, held to by what the files import, open and measure.

What is imported for its types alone (under TYPE_CHECKING) binds nobody; what is imported inside a function does.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

#: What formats share. Of another format's files they use none.
FRONT_DOOR = (
    "dataset.formats.label_files",
    "dataset.formats.label_format",
    "dataset.formats.object_lines",
    "dataset.formats.exports",
    "dataset.formats.json_fields",
    "dataset.formats.one_image",
    "dataset.formats.run_lengths",
    "dataset.formats.frame_lines",
    "dataset.formats.split_files",
    "dataset.formats.xml_image",
)

#: Who may import whom: a room, and what it may use beside its own files: rooms, or single files of them. The longest
#: name here that a file lies below is its room.
TABLE: dict[str, tuple[str, ...]] = {
    # the ground floor
    "lazy": (),
    "finding": ("rule",),
    "rule": (),
    "git": (),
    "output": (),
    "amounts": (),
    "quiet": (),
    "limits": (),
    "progress": (),
    "config": ("git",),
    "catalogue": ("config", "rule", "output"),
    # where bytes come from
    "sources": ("quiet", "config", "limits"),
    "workers": ("limits", "sources"),
    "pixels": ("sources", "workers"),
    "cache": ("config", "sources", "datalint"),
    # what is there
    "dataset": ("git", "sources"),
    "dataset.containers": ("quiet", "amounts"),
    "dataset.files": (
        "sources", "config", "cache.tag", "amounts", "dataset.containers.records",
        "dataset.containers.parquet_footer",
    ),
    "dataset.assembly": ("dataset.containers.problems", "dataset.containers.records", "dataset.files", "amounts"),
    "dataset.formats": (
        "dataset.containers", "dataset.files", "dataset.assembly", "pixels", "sources", "workers", "config", "amounts",
        *FRONT_DOOR,
    ),
    "dataset.formats.label_files": ("dataset.containers", "dataset.files", "dataset.assembly", "config", *FRONT_DOOR),
    "dataset.formats.registry": ("dataset.containers.records", "config", "dataset.formats.unread", *FRONT_DOOR),
    "dataset.masks": (
        "dataset", "dataset.segments", "dataset.assembly.annotations", "dataset.containers.records", "amounts",
    ),
    "dataset.segments": ("dataset.containers.records",),
    "dataset.tables": ("dataset", "dataset.assembly.annotations", "dataset.containers.records", "dataset.files"),
    "dataset.by_content": ("dataset.files", "config", "pixels"),
    "dataset.discover": (
        "dataset", "dataset.by_content", "dataset.masks", "dataset.tables", "dataset.assembly",
        "dataset.containers.records", "dataset.files", "dataset.formats.registry", "sources",
    ),
    "dataset.handed": (
        "dataset", "dataset.discover", "dataset.tables", "dataset.assembly", "dataset.files", "pixels.sniff", "sources",
    ),
    "dataset.guard": ("config", "dataset.discover", "limits", "sources", "workers"),
    # what is measured, and what is wrong
    "measure": ("dataset", "pixels", "workers", "cache", "rule", "lazy", "sources"),
    # where it is measured and compared, if not here
    "executors": ("measure", "workers", "cache", "config", "limits", "sources", "datalint"),
    "pairs": ("measure", "pixels", "workers", "cache", "dataset"),
    "probe": ("measure", "cache", "dataset", "dataset.containers", "config", "amounts"),
    "rules": ("datalint", "lazy"),
    # what it means for training
    "advise": ("dataset", "amounts"),
    "rules.__init__": ("catalogue.rule_index",),
    # what counts, and how it is said
    "judge": (
        "rule", "finding", "dataset", "dataset.containers.records", "dataset.files", "catalogue", "config", "git",
        "sources.url", "output", "amounts",
    ),
    "report": (
        "sources", "dataset", "advise", "finding", "rule", "catalogue.page", "pixels", "workers", "output", "amounts",
        "datalint", "judge.earlier",
    ),
    # who runs it
    "engine": (
        "limits", "progress", "config", "catalogue", "finding", "rule", "cache", "dataset", "dataset.masks",
        "dataset.discover", "dataset.guard", "dataset.handed", "executors", "pixels", "workers", "measure", "pairs",
        "probe", "judge", "report", "sources",
    ),
    "diff": ("engine", "config", "git", "finding", "rule", "cache", "judge", "report", "amounts", "datalint"),
    # what is repaired
    "repair": ("engine", "finding", "report", "dataset.containers", "amounts", "limits"),
    # what is dealt out
    "splitting": (
        "engine", "catalogue", "config", "dataset", "dataset.components", "repair.copy", "repair.edits", "output",
    ),
    "cli": (
        "progress", "diff", "repair", "advise", "splitting", "git", "engine", "limits", "config", "catalogue", "rule",
        "output", "cache", "dataset.discover", "dataset.guard", "dataset.formats.registry", "executors", "pixels",
        "workers", "measure", "judge", "report", "sources.url", "datalint",
    ),
    "__main__": ("cli",),
    "datalint": (),
}  # fmt: skip


@cache
def sources() -> dict[str, Path]:
    """Module (without `datalint.`) -> file; the package itself is `datalint`."""
    found = {}
    for top, prefix in ((ROOT / "datalint", ()), (ROOT / "rules", ("rules",))):
        for file in sorted(top.rglob("*.py")):
            parts = [*prefix, *file.relative_to(top).with_suffix("").parts]
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts) or "datalint"] = file
    return found


@cache
def parsed(module: str) -> ast.Module:
    return ast.parse(sources()[module].read_text("utf-8"))


def at_run_time(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below, but for those that only a type checker sees."""
    typed = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
    for child in node.orelse if isinstance(node, ast.If) and typed else ast.iter_child_nodes(node):
        yield child
        yield from at_run_time(child)


def named(node: ast.AST) -> Iterator[str]:
    """The modules of datalint that an import asks for: of a package only where it is not for a module in it."""
    if isinstance(node, ast.Import):
        yield from (name.name for name in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        for name in node.names:
            inner = f"{node.module}.{name.name}"
            yield inner if inner.removeprefix("datalint.") in sources() else node.module


@cache
def imports(module: str) -> frozenset[str]:
    """The files of datalint that a file imports, at its top or inside its functions."""
    names = {name for node in at_run_time(parsed(module)) for name in named(node)}
    return frozenset({name.removeprefix("datalint.") for name in names} & sources().keys()) - {module}


def room(module: str) -> str:
    """A format's files are a room of their own."""
    if module == "rules":
        return "rules.__init__"
    parts = module.split(".")
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    found = next(name for name in names if name in TABLE)
    return ".".join(parts[:3]) if found == "dataset.formats" else found


def is_allowed(module: str, imported: str) -> bool:
    own, other = room(module), room(imported)
    allowed = TABLE.get(own, TABLE["dataset.formats"])
    return own == other or other in allowed or imported in allowed


def broken() -> set[tuple[str, str]]:
    return {
        (module, imported) for module in sources() for imported in imports(module) if not is_allowed(module, imported)
    }


def test_who_imports_whom() -> None:
    assert broken() == set()


def test_no_circle_of_files() -> None:
    """Strongly connected parts of the graph of imports, by Tarjan's algorithm."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    circles: list[list[str]] = []

    def visit(module: str) -> None:
        order[module] = lowest[module] = len(order)
        stack.append(module)
        for other in imports(module):
            if other not in order:
                visit(other)
            if other in stack:
                lowest[module] = min(lowest[module], lowest[other])
        if lowest[module] == order[module]:
            part = stack[stack.index(module) :]
            del stack[stack.index(module) :]
            circles.extend([sorted(part)] if len(part) > 1 else [])

    for module in sources():
        if module not in order:
            visit(module)
    assert circles == []


def openers() -> set[str]:
    """Files outside of pixels/ that let Pillow open an image."""
    return {
        module
        for module in sources()
        if room(module) != "pixels"
        for node in ast.walk(parsed(module))
        if (isinstance(node, ast.Attribute) and ast.unparse(node) in ("Image.open", "PIL.Image.open"))
        or (isinstance(node, ast.ImportFrom) and node.module == "PIL.Image" and "open" in {n.name for n in node.names})
    }


def test_images_have_one_door() -> None:
    assert openers() == set()


def quoting() -> Iterator[str]:
    """Where a text that readers of label files make shows a value as Python writes it, or cuts it by itself."""
    for module in sources():
        if room(module) in ("dataset.containers", "dataset.assembly", "dataset.files") or "dataset.formats" in module:
            for node in ast.walk(parsed(module)):
                if isinstance(node, ast.FormattedValue) and (
                    node.conversion == ord("r") or isinstance(getattr(node.value, "slice", None), ast.Slice)
                ):
                    yield f"{module}:{node.lineno}"


def test_words_of_label_files_are_quoted_in_one_way() -> None:
    """`records.quoted` and its like are where their length is bounded."""
    assert list(quoting()) == []


def long() -> Iterator[str]:
    """Files over 450 lines, classes over 250, and functions over 60 that do not say why."""
    for module, file in sources().items():
        lines = file.read_text("utf-8").splitlines()
        if len(lines) > 450:
            yield module
        for node in ast.walk(parsed(module)):
            if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            most = 250 if isinstance(node, ast.ClassDef) else 60
            assert node.end_lineno is not None
            if node.end_lineno - node.lineno >= most and not (most == 60 and says_why(node, lines)):
                yield f"{module}:{node.name}"


def says_why(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, lines: list[str]) -> bool:
    """Whether a comment stands directly above, or above the first statement."""
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    documented = len(node.body) > 1 and isinstance(node.body[0], ast.Expr)
    begin = node.body[1 if documented else 0].lineno
    return any(lines[number - 2].lstrip().startswith("#") for number in (first, begin))


def test_nothing_is_too_long() -> None:
    assert list(long()) == []
