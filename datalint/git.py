"""What Git can tell about the files of a dataset without reading them.

Only plumbing that runs nothing is used: a dataset may come with a stranger's `.git`, whose configuration names programs
(filters, file system monitors, hooks) that `git status` would start.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

#: One entry of `git ls-files --stage --debug -z`: mode, blob, path, and what `stat` said when it was last compared.
_ENTRY = re.compile(
    rb"(\d{6}) ([0-9a-f]{40,64}) 0\t([^\0]+)\0"
    rb"  ctime: (\d+):(\d+)\n  mtime: (\d+):(\d+)\n  dev: \d+\tino: \d+\n  uid: \d+\tgid: \d+\n"
    rb"  size: (\d+)\tflags: ([0-9a-f]+)\n"
)
#: One entry of `git diff-index --raw -z`: modes before and after, the blob before, path.
_RAW = re.compile(rb":(\d{6}) (\d{6}) ([0-9a-f]{40,64}) [0-9a-f]{40,64} [A-Z]\d*\0([^\0]+)\0")
#: What `git cat-file --batch` says before a blob.
_BLOB = re.compile(rb"[0-9a-f]{40,64} blob (\d+)")
_MODULE = b"160000"
_SKIP_WORKTREE = 1 << 30
_POINTER_BYTES = 1024  # a Git LFS pointer has fewer (its specification)
_REGULAR = (b"100644", b"100755")
_SECONDS = 60.0
_WALK_SECONDS = 900.0  # where Git looks for files itself, on a slow disk


class Entry(NamedTuple):
    """A file in Git's index, and what `stat` said of it when Git last compared it with its blob."""

    mode: bytes
    name: str
    """The blob's id, hex."""
    path: bytes
    """Relative to the root."""
    stat: tuple[int, int, int]
    """Bytes (modulo 2^32), and the times of the last changes of content and of anything, in ns (whole seconds where Git
    was built without finer ones)."""
    settled: bool
    """Whether equal times mean equal content: not where both were written in one moment."""
    absent: bool
    """Whether it is meant not to be in the working tree (a sparse checkout)."""

    def is_of(self, *stat: int) -> bool:
        """Whether a file of this `stat` (bytes; ns) is still that blob (under LFS: what the blob points to)."""
        return self.settled and (stat == self.stat or self._is_roughly(*stat))

    def _is_roughly(self, size: int, *times: int) -> bool:
        return size & 0xFFFFFFFF == self.stat[0] and all(
            noted in (time, time - time % 10**9) for noted, time in zip(self.stat[1:], times, strict=True)
        )


def run(folder: Path, *arguments: str, given: bytes = b"", seconds: float = _SECONDS) -> bytes | None:
    """What `git arguments` prints in `folder` to what is `given` on stdin; None if it fails or there is no Git."""
    command = ["git", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", *arguments]
    environment = {name: value for name, value in os.environ.items() if name not in _MISLEADING}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment | {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"},
            input=given,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 else None


#: Set in hooks: they would make Git report on another repository.
_MISLEADING = ("GIT_DIR", "GIT_WORK_TREE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE")


def is_checkout(folder: Path) -> bool:
    """Whether `folder` lies in a Git checkout."""
    real = folder.resolve()
    return any((parent / ".git").exists() for parent in (real, *real.parents))


def committed(top: Path, tree: str, path: str) -> bytes | None:
    """What a file held in a commit of the repository at `top`, links within it followed; None if it was not there.

    Raises NoAnswerError where Git does not have that content here.
    """
    name = f"{tree}:{path}"
    asked = os.fsencode(name)
    if b"\n" in asked:
        return None  # it would be a second question
    answer = run(top, "cat-file", "--batch", "--follow-symlinks", given=asked + b"\n")
    head, _, rest = (answer or b"").partition(b"\n")
    if found := _BLOB.fullmatch(head):
        return rest[: int(found[1])]
    if head.startswith(b"symlink "):
        raise NoAnswerError(f"{path} of {tree[:12]} is a link that leads out of the repository: it is not read")
    # What is named by the tree and is neither a folder nor a link without an end must be somewhere.
    is_named = run(top, "rev-parse", "--verify", "--quiet", "--end-of-options", name) is not None
    if answer is None or (head.endswith(b" missing") and is_named):
        raise NoAnswerError(f"Git does not have {path} of {tree[:12]} here (in a partial clone, fetch it first)")
    return None


class Checkout:
    """The Git checkout that `root` lies in, if it does, as one scan sees it: its index is listed once, when needed."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def entries(self) -> list[Entry]:
        """The files in the index below the root, submodules as one; none if there is no Git, or it does not say."""
        return self.index or []

    @cached_property
    def index(self) -> list[Entry] | None:
        """The same; None if Git does not say."""
        if not is_checkout(self.root):
            return None
        index = run(self.root, "rev-parse", "--git-path", "index")
        listing = run(self.root, "ls-files", "--stage", "--debug", "-z")
        if index is None or listing is None:
            return None
        try:
            place = os.path.join(os.fsencode(self.root), index.rstrip(b"\n"))  # noqa: PTH118 - bytes
            written = os.stat(place).st_mtime_ns  # noqa: PTH116
        except FileNotFoundError:
            return []  # nothing was ever added
        except OSError:
            return None
        found = []
        for mode, name, path, *stat, flags in _ENTRY.findall(listing):
            ctime, ctime_ns, mtime, mtime_ns, size = map(int, stat)
            mtime, ctime = mtime * 10**9 + mtime_ns, ctime * 10**9 + ctime_ns
            absent = bool(int(flags, 16) & _SKIP_WORKTREE)
            path = path if os.sep == "/" else os.path.normpath(path)
            found.append(Entry(mode, name.decode(), path, (size, mtime, ctime), mtime < written, absent))
        if not found and b" 0\t" in listing:
            return None  # Git may change what --debug prints
        return found

    def content(self, tree: str, path: bytes) -> bytes | None:
        """What a file below the root holds in a commit or tree; None if it is not there, or a submodule's."""
        return run(self.root, "cat-file", "blob", f"{tree}:./{os.fsdecode(path).replace(os.sep, '/')}")

    def blobs(self) -> dict[bytes, Entry]:
        """The regular files that Git tracks, by path.

        A file is still its blob where `Entry.is_of` says so, never where Git itself would compare again (changed in the
        moment the index was written).
        """
        return {entry.path: entry for entry in self.entries if entry.mode in _REGULAR}

    def changed(self, *, since: str | None = None, staged: bool = False) -> Changes:
        """What changed below the root: since the branch left `since`, else since the last commit.

        With `staged` that is what would be committed now; without, all that is in the working tree, including
        untracked files that are not ignored. Raises NoAnswerError.
        """
        root = self.root
        if not is_checkout(root):
            raise NoAnswerError(f"{root} is not in a Git checkout, so what changed there is not known")
        if run(root, "rev-parse", "--git-dir") is None:
            raise NoAnswerError(
                f"Git does not answer in {root}: make sure that it is installed and the checkout yours (safe.directory)"
            )
        head = commit(root, "HEAD")
        if since is None:
            base = head or _text(run(root, "hash-object", "-t", "tree", os.devnull))
        else:
            named = commit(root, since)
            if named is None:
                raise NoAnswerError(
                    f"Git knows no commit {since!r} here; in a shallow clone, first run: git fetch origin {since}"
                )
            # without a common ancestor (a shallow clone) the commit itself is compared with
            base = _text(run(root, "merge-base", named, "HEAD")) or named
        files, folders = _since(self, base or "HEAD", staged=staged)
        return Changes(frozenset(files), tuple(folders), base or "HEAD")


# -- what changed ----------------------------------------------------------------------------------------------------


class NoAnswerError(ValueError):
    """Git cannot say what changed: one line to show, with the way out."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Paths below a root that changed, the deleted ones and the old names of renamed ones among them."""

    files: frozenset[bytes]
    folders: tuple[bytes, ...]
    """Folders (with a separator at the end) of which everything counts as changed: submodules without a history."""
    base: str
    """The commit or tree since which."""

    def __contains__(self, path: object) -> bool:
        return path in self.files or (bool(self.folders) and isinstance(path, bytes) and path.startswith(self.folders))


def _since(checkout: Checkout, base: str, *, staged: bool) -> tuple[set[bytes], set[bytes]]:
    """Files and whole folders that differ from the commit or tree `base`."""
    root, entries = checkout.root, checkout.index
    listing = run(root, "diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev", "--relative", base)
    if listing is None or entries is None:
        raise NoAnswerError(f"Git cannot compare {root} with {base}")
    files: set[bytes] = set()
    modules: dict[bytes, str] = {}
    for before, after, old, path in _RAW.findall(listing):
        path = os.path.normpath(path)
        if _MODULE in (before, after):
            modules[path] = old.decode() if before == _MODULE else ""
        else:
            files.add(path)
    if not staged:
        folder = os.path.join(os.fsencode(root), b"")  # noqa: PTH118 - bytes
        files.update(
            entry.path for entry in entries if entry.mode != _MODULE and _differs(root, entry, folder + entry.path)
        )
        for arguments in (("--others", "--exclude-standard"), ("--unmerged",)):
            others = run(root, "ls-files", "-z", *arguments, seconds=_WALK_SECONDS)
            if others is None:
                raise NoAnswerError(f"Git does not say which files of {root} are new")
            for line in others.split(b"\0"):
                if path := line.rpartition(b"\t")[2]:
                    files.add(os.path.normpath(path))
    folders = {os.path.join(path, b"") for path, old in modules.items() if not old}  # noqa: PTH118 - bytes
    for entry in entries:
        if entry.mode == _MODULE and modules.get(entry.path) != "" and (not staged or entry.path in modules):
            _within(root, entry.path, modules.get(entry.path) or entry.name, files, folders, staged=staged)
    return files, folders


def _within(root: Path, path: bytes, base: str, files: set[bytes], folders: set[bytes], *, staged: bool) -> None:
    """Add what differs in a submodule from its commit `base`: all of it, where that commit was not fetched."""
    inner = root / os.fsdecode(path)
    if not (inner / ".git").exists():
        return  # not checked out: nothing of it is scanned
    try:
        inner_files, inner_folders = _since(Checkout(inner), base, staged=staged)
    except NoAnswerError:
        folders.add(os.path.join(path, b""))  # noqa: PTH118 - bytes
        return
    files.update(os.path.join(path, file) for file in inner_files)  # noqa: PTH118
    folders.update(os.path.join(path, folder) for folder in inner_folders)  # noqa: PTH118


def _differs(root: Path, entry: Entry, place: bytes) -> bool:
    """Whether the file at `place` is not what the index says of it, by its times, else by its content."""
    try:
        if entry.mode not in _REGULAR:
            return not os.path.islink(place) or not _is_blob(os.readlink(place), entry.name)  # noqa: PTH114, PTH115
        status = os.lstat(place)
        if entry.is_of(status.st_size, status.st_mtime_ns, status.st_ctime_ns):
            return False
        with open(place, "rb") as file:  # noqa: PTH123 - bytes
            content = file.read()
    except OSError:
        return not entry.absent
    return not _is_blob(content, entry.name) and not _is_pointed_at(root, content, entry.name)


def _is_blob(content: bytes, name: str) -> bool:
    digest = hashlib.sha1 if len(name) == 40 else hashlib.sha256
    return digest(b"blob %d\0" % len(content) + content).hexdigest() == name


def _is_pointed_at(root: Path, content: bytes, name: str) -> bool:
    """Whether the blob is a Git LFS pointer to this content."""
    pointer = run(root, "cat-file", "blob", name) if _is_small(root, name) else None
    return pointer is not None and b"oid sha256:" + hashlib.sha256(content).hexdigest().encode() in pointer


def _is_small(root: Path, name: str) -> bool:
    size = _text(run(root, "cat-file", "-s", name))
    return size is not None and int(size) <= _POINTER_BYTES


def commit(root: Path, name: str) -> str | None:
    """The commit that a branch, tag or commit names; None for none. A name is never taken for an option."""
    return _text(run(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"))


def _text(output: bytes | None) -> str | None:
    return output.decode().strip() or None if output else None
