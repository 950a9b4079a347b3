"""What Git knows of the files of a dataset, without a look at them.

Only plumbing that runs nothing is used: a dataset may come with a stranger's `.git`, whose configuration names programs
(filters, file system monitors, hooks) that `git status` would start.
"""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

#: One entry of `git ls-files --stage --debug -z`: mode, blob, path, and what `stat` said when it was last compared.
_ENTRY = re.compile(
    rb"(\d{6}) ([0-9a-f]{40,64}) 0\t([^\0]+)\0"
    rb"  ctime: (\d+):(\d+)\n  mtime: (\d+):(\d+)\n  dev: \d+\tino: \d+\n  uid: \d+\tgid: \d+\n"
    rb"  size: (\d+)\tflags: [0-9a-f]+\n"
)
_REGULAR = (b"100644", b"100755")
_SECONDS = 60.0


class Blob(NamedTuple):
    """A tracked file, and what `stat` said of it when Git last compared it with its blob."""

    name: str
    """The blob's id, hex."""
    size: int
    """Bytes, modulo 2^32."""
    mtime: tuple[int, int]
    """Seconds, nanoseconds (0 where Git was built without them)."""
    ctime: tuple[int, int]

    def is_of(self, size: int, mtime_ns: int, ctime_ns: int) -> bool:
        """Whether a file with this `stat` is still that blob (under LFS: what the blob points to)."""
        return self.size == size & 0xFFFFFFFF and _same(self.mtime, mtime_ns) and _same(self.ctime, ctime_ns)


def _same(noted: tuple[int, int], now: int) -> bool:
    return noted[0] == now // 10**9 and noted[1] in (0, now % 10**9)


def run(folder: Path, *arguments: str) -> bytes | None:
    """What `git arguments` prints in `folder`; None if it fails or there is no Git."""
    command = ["git", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", *arguments]
    environment = {name: value for name, value in os.environ.items() if name not in _MISLEADING}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment | {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 else None


#: Set in hooks: they would make Git speak of another repository.
_MISLEADING = ("GIT_DIR", "GIT_WORK_TREE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE")


def is_checkout(folder: Path) -> bool:
    """Whether `folder` lies in a Git checkout."""
    real = folder.absolute()
    return any((parent / ".git").exists() for parent in (real, *real.parents))


def blobs(root: Path) -> dict[bytes, Blob]:
    """The regular files that Git tracks below `root`, by their path relative to it.

    A file is still its blob where `Blob.is_of` says so; entries that Git itself would compare again (changed in the
    moment the index was written) are left out. Empty if there is no Git.
    """
    if not is_checkout(root):
        return {}
    index = run(root, "rev-parse", "--git-path", "index")
    listing = run(root, "ls-files", "--stage", "--debug", "-z")
    if index is None or listing is None:
        return {}
    try:
        written = os.stat(os.path.join(os.fsencode(root), index.rstrip(b"\n"))).st_mtime_ns  # noqa: PTH116, PTH118
    except OSError:
        return {}
    found = {}
    for mode, name, path, *numbers in _ENTRY.findall(listing):
        changed, changed_ns, modified, modified_ns, size = map(int, numbers)
        if mode in _REGULAR and modified * 10**9 + modified_ns < written:
            blob = Blob(name.decode(), size, (modified, modified_ns), (changed, changed_ns))
            found[os.path.normpath(path)] = blob
    return found
