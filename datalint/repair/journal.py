"""Changes in place that can be undone: what is changed or removed is kept first, with a manifest, on disk.

Then each file is changed by one rename. Whatever ends the process in between, `undo` makes of every file what it was.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from datalint.repair.draft import content_digest
from datalint.repair.edits import FixError, digest
from datalint.repair.files import new_content, own, put, replace, sync

if TYPE_CHECKING:
    from datalint.repair.plan import Plan

SCHEMA = "datalint/fix/v1"
MANIFEST = "manifest.json"
_WRITABLE = 0o222


def apply(plan: Plan, backup: Path) -> Path:
    """Change the dataset; the manifest, which `undo` takes. FixError before anything is changed."""
    root = Path(os.path.realpath(plan.root))
    kept = Path(os.path.abspath(backup))
    if Path(os.path.realpath(kept)).is_relative_to(root) and ".git" not in kept.parts:
        raise FixError(f"{backup} lies in the dataset: choose a folder outside of it")
    if os.path.lexists(kept) and (not kept.is_dir() or any(kept.iterdir())):
        raise FixError(f"{backup} is there and not an empty folder: choose a new one")
    entries = [_entry(plan, root, name, number) for number, name in enumerate(_names(plan))]
    kept.mkdir(parents=True, exist_ok=True)
    try:
        _keep(plan, root, kept, entries)
    except FixError:  # nothing has changed: the folder is as empty as it was
        for left in kept.iterdir():
            left.unlink()
        raise
    folders = {str(PurePosixPath(name).parent) for entry in entries for name in _both(entry)}
    document = {
        "schema": SCHEMA,
        "root": str(root),
        "folders": {name: (root / name).stat().st_mtime_ns for name in sorted(folders)},
        "files": entries,
    }
    manifest = kept / MANIFEST
    replace(manifest, json.dumps(document, indent=1).encode(), 0o600, kept / f".{MANIFEST}")
    sync(kept.parent)
    try:
        _change(root, kept, entries)
    except OSError as error:
        undo(manifest)
        raise FixError(f"{error.filename}: {error.strerror}: everything is as before") from None
    return manifest


def _names(plan: Plan) -> list[str]:
    return [*plan.edited, *plan.removed, *plan.renamed]


def _entry(plan: Plan, root: Path, name: str, number: int) -> dict[str, Any]:
    """What must be known of a file to make it what it is; FixError where it cannot be changed."""
    place = root / name
    status = place.lstat()
    if not status.st_mode & _WRITABLE and not place.is_symlink():
        raise FixError(f"{place} is read-only: nothing was done")
    _require_writable(place.parent)
    sha256 = content_digest(place)
    known = plan.removed.get(name) or (plan.edited[name].sha256 if name in plan.edited else sha256)
    if sha256 != known:
        raise FixError(f"{place} has changed since it was read: nothing was done")
    entry = {
        "path": name,
        "sha256": sha256,
        "mode": stat.S_IMODE(status.st_mode),
        "mtime_ns": status.st_mtime_ns,
        "owner": [status.st_uid, status.st_gid],
        "kept": None if name in plan.renamed else str(number),
        "temporary": f".datalint-fix-{number}",
    }
    if name in plan.renamed:
        _require_writable((root / plan.renamed[name]).parent)
        if os.path.lexists(root / plan.renamed[name]):
            raise FixError(f"{root / plan.renamed[name]} is there already: nothing was done")
        entry["renamed"] = plan.renamed[name]
    return entry


def _require_writable(folder: Path) -> None:
    if not os.access(folder, os.W_OK | os.X_OK) or not folder.stat().st_mode & _WRITABLE:
        raise FixError(f"{folder} may not be written to: nothing was done")


def _both(entry: dict[str, Any]) -> set[str]:
    """The old path and the new one."""
    return {entry["path"], entry.get("renamed", entry["path"])}


def _keep(plan: Plan, root: Path, kept: Path, entries: list[dict[str, Any]]) -> None:
    """Keep the old files, and make the new ones' bytes, which are kept beside them."""
    for entry in entries:
        place = root / entry["path"]
        if entry["path"] in plan.edited:
            new = new_content(place, plan.edited[entry["path"]])
            entry["new_sha256"] = digest(new)
            put(kept / f"{entry['kept']}.new", new)
        if entry["kept"] is not None:
            shutil.copy2(place, kept / entry["kept"], follow_symlinks=False)
            if not place.is_symlink():
                _sync_file(kept / entry["kept"])
    sync(kept)


def _change(root: Path, kept: Path, entries: list[dict[str, Any]]) -> None:
    for entry in entries:
        place = root / entry["path"]
        if "new_sha256" in entry:
            new = kept / f"{entry['kept']}.new"
            replace(place, new.read_bytes(), entry["mode"], place.with_name(entry["temporary"]))
            new.unlink()
        elif "renamed" in entry:
            place.rename(root / entry["renamed"])
            sync((root / entry["renamed"]).parent)
        else:
            place.unlink()
        sync(place.parent)


def undo(manifest: Path) -> int:
    """Make every file what it was: bytes, permissions and times. How many; FixError before anything is changed."""
    document = _read(manifest)
    root, kept = Path(document["root"]), manifest.parent
    for entry in document["files"]:
        _check(root, kept, entry)
    for entry in document["files"]:
        _restore(root, kept, entry)
    for name, time in document["folders"].items():
        os.utime(root / name, ns=(time, time))
    return len(document["files"])


def _restore(root: Path, kept: Path, entry: dict[str, Any]) -> None:
    place = root / entry["path"]
    temporary = place.with_name(entry["temporary"])
    temporary.unlink(missing_ok=True)
    if "renamed" in entry:
        if not os.path.lexists(place):
            (root / entry["renamed"]).rename(place)
            sync((root / entry["renamed"]).parent)
    elif not os.path.lexists(place) or content_digest(place) != entry["sha256"]:
        shutil.copy2(kept / entry["kept"], temporary, follow_symlinks=False)
        if not temporary.is_symlink():
            _sync_file(temporary)
        own(temporary, (entry["owner"][0], entry["owner"][1]))
        temporary.replace(place)
    if not place.is_symlink():
        place.chmod(entry["mode"])
    os.utime(place, ns=(entry["mtime_ns"], entry["mtime_ns"]), follow_symlinks=False)
    sync(place.parent)


def _check(root: Path, kept: Path, entry: dict[str, Any]) -> None:
    """FixError where what is there is neither the old file nor the new one, or a path leads out of the dataset."""
    for name in _both(entry):
        parent = (root / name).parent
        if {"..", "/"} & set(PurePosixPath(name).parts) or Path(os.path.realpath(parent)) != parent:
            raise FixError(f"{name} leads out of the dataset: nothing was done")
    place = root / entry["path"]
    there = content_digest(place) if os.path.lexists(place) else None
    if there not in (entry["sha256"], entry.get("new_sha256"), None) or (there is None and "new_sha256" in entry):
        raise FixError(f"{place} is neither as before nor as it was left: nothing was done")
    if "renamed" in entry:
        new = root / entry["renamed"]
        after = content_digest(new) if os.path.lexists(new) else None
        if (there is None) != (after == entry["sha256"]):
            raise FixError(f"{place} is neither as before nor as it was left: nothing was done")
    elif there != entry["sha256"] and content_digest(kept / entry["kept"]) != entry["sha256"]:
        raise FixError(f"{kept / entry['kept']} is not what was kept: nothing was done")


def _read(manifest: Path) -> dict[str, Any]:
    try:
        document: Any = json.loads(manifest.read_bytes())
        if document["schema"] != SCHEMA:
            raise KeyError("schema")
        for entry in document["files"]:
            names = [entry["temporary"], *([entry["kept"]] if entry["kept"] is not None else [])]
            if len(entry["owner"]) != 2 or any("/" in name or name in (".", "..") for name in names):
                raise KeyError("kept")
            if not isinstance(entry["path"] + entry["sha256"], str) or not isinstance(entry["mode"], int):
                raise TypeError("path")
        os.fspath(document["root"])
    except FileNotFoundError:
        raise FixError(
            f"{manifest} is not there: a repair that ended before it was written has changed nothing"
        ) from None
    except OSError as error:
        raise FixError(f"{manifest}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise FixError(f"{manifest} is not a manifest of datalint fix") from None
    return document if isinstance(document, dict) else {}


def _sync_file(place: Path) -> None:
    with place.open("rb") as file:
        os.fsync(file.fileno())
