"""Where settings come from: a config file, found or named, and the options of a scan on top of it."""

from __future__ import annotations

import hashlib
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datalint.config import files
from datalint.config.settings import Config, ConfigError, Origin, parse, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from datalint.config.settings import Revision

FILES = (".datalint.toml", "datalint.toml", "pyproject.toml")
#: Bytes of a config file. One that is found may be a stranger's, and is read whole.
MOST = 4 << 20


def resolve(
    places: Sequence[Path], config: Config | str | os.PathLike[str] | None, options: Mapping[str, Any]
) -> Config:
    """The settings in force: a config file's, or none's, changed by `options`; raises ConfigError."""
    known = set(Config.__struct_fields__)
    for name in options:
        if name not in known:
            raise ConfigError(f"scan() has no option {name!r}; known: {', '.join(sorted(known))}")
    return _changed(_base(places, config, options), options)


def _base(places: Sequence[Path], config: Config | str | os.PathLike[str] | None, options: Mapping[str, Any]) -> Config:
    """The settings without the options on top of them."""
    given = config if isinstance(config, Config) else None
    wanted = options.get("settings_from")
    if wanted is None and given is not None and given.revision is None:
        wanted = given.settings_from
    if given is not None and wanted is None:
        return given
    isolated = options.get("isolated") or (given is not None and given.isolated)
    if wanted is not None and isolated:
        raise ConfigError("--isolated ignores the config and the baseline, so --settings-from has nothing to read")
    if given is None and config is None and isolated:
        return Config()
    # discover() has the last word on the root; for the search any of the paths' common parents does.
    shared = Path(os.path.commonpath([os.path.abspath(place) for place in places]))
    revision = None if wanted is None else files.revision(shared, wanted)
    if given is not None:
        return given.merged(origin=Origin(file=given.origin.file, named=given.origin.named, revision=revision))
    named = None if config is None or isinstance(config, Config) else Path(config)
    base = _in_force(shared, named, revision)
    if revision is None:
        return base
    file, digest, chosen = base.origin.file, base.origin.digest, base.origin.named
    proposed = _proposed(shared, named)
    return base.merged(origin=Origin(file=file, digest=digest, named=chosen, revision=revision, proposed=proposed))


def _changed(base: Config, options: Mapping[str, Any]) -> Config:
    """`base`, with the options on top of it."""
    changes: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in options.items()
    }
    for name in ("select", "extend_select", "ignore"):
        if isinstance(changes.get(name), str):
            changes[name] = (changes[name],)
    for name in ("baseline", "embeddings"):
        if isinstance(changes.get(name), str):
            changes[name] = Path(changes[name])
    if changes.get("select"):
        # A selection on the command line starts afresh: what the file chose is not added to it.
        base = base.merged(extend_select=(), ignore=())
    for name in ("extend_select", "ignore"):
        if changes.get(name):
            changes[name] = (*getattr(base, name), *changes[name])
    if changes.get("plugins"):
        changes["allow_plugins"] = True  # the caller names them
    return base.merged(**changes)


def _in_force(shared: Path, named: Path | None, revision: Revision | None) -> Config:
    """What the config file says that was named, else the nearest one; no settings where there is none."""
    path = named or find(shared, revision)
    if path is None or (revision is not None and not files.is_there(path, revision)):
        return Config()
    return load(path, named=named is not None, revision=revision)


def _proposed(shared: Path, named: Path | None) -> Config | str | None:
    """What the config file of the working tree says, though it is not in force; in words why it cannot be used."""
    try:
        return _in_force(shared, named, None).origin.file
    except ConfigError as error:
        return str(error)


def nearest(folder: Path) -> Config:
    """The settings of the config file that is found from a folder upwards; no settings where there is none."""
    return _in_force(folder, None, None)


def load(path: Path, *, named: bool = True, revision: Revision | None = None) -> Config:
    """Read one config file, which the user `named` or which was found; raises ConfigError when it cannot be used."""
    try:
        if revision is None and path.is_file() and path.stat().st_size > MOST:
            raise ConfigError(f"{path}: not read: it has more than {MOST >> 20} MiB")
        content = files.content(path, revision)
        if content is None:
            raise ConfigError(f"{path}: cannot be read: there is no such file")
        document = tomllib.loads(content.decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    except RecursionError:
        raise ConfigError(f"{path}: not valid TOML: nested too deeply") from None
    if path.name == "pyproject.toml":
        tool = document.get("tool")
        document = tool.get("datalint", {}) if isinstance(tool, dict) else {}
        if not isinstance(document, dict):
            raise ConfigError(f"{path}: tool.datalint takes a table, not {quoted(document)}")
    said = parse(document, path)
    digest = hashlib.sha256(content).hexdigest()
    return said.merged(origin=Origin(file=said, digest=digest, named=named, revision=revision))


def find(root: Path, revision: Revision | None = None) -> Path | None:
    """The config file for a dataset: the nearest from `root` upwards to the repository's root.

    In one folder `.datalint.toml` comes before `datalint.toml` before a `pyproject.toml` with `[tool.datalint]`.
    """
    for folder in files.upwards(root, revision):
        for name in FILES:
            candidate = folder / name
            try:
                ours = files.is_there(candidate, revision) and (name != FILES[-1] or _is_ours(candidate, revision))
                if ours and files.found(candidate, revision, "--config"):
                    return candidate
            except OSError:
                continue
    return None


def _is_ours(pyproject: Path, revision: Revision | None) -> bool:
    """Whether a pyproject.toml has settings of datalint; a stranger's broken one is not this scan's business."""
    if revision is None and pyproject.stat().st_size > MOST:
        return False
    content = files.content(pyproject, revision) or b""
    try:
        tool = tomllib.loads(content.decode("utf-8-sig", "replace")).get("tool")
    except (tomllib.TOMLDecodeError, RecursionError):
        return False
    return isinstance(tool, dict) and "datalint" in tool
