"""Where settings come from: a config file, found or named, and the options of a scan on top of it."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datalint.config.settings import Config, ConfigError, parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FILES = (".datalint.toml", "datalint.toml", "pyproject.toml")


def resolve(
    places: Sequence[Path], config: Config | str | os.PathLike[str] | None, options: Mapping[str, Any]
) -> Config:
    """The settings in force: a config file's, or none's, changed by `options`; raises ConfigError."""
    if isinstance(config, Config):
        base = config
    elif config is not None:
        base = load(Path(config))
    elif options.get("isolated"):
        base = Config()
    else:
        # discover() has the last word on the root; for the search any of the paths' common parents does.
        shared = os.path.commonpath([os.path.abspath(place) for place in places])
        found = find(Path(shared))
        base = load(found) if found else Config()
    known = set(Config.__struct_fields__)
    for name in options:
        if name not in known:
            raise ConfigError(f"scan() has no option {name!r}; known: {', '.join(sorted(known))}")
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
    return base.merged(**changes)


def load(path: Path) -> Config:
    """Read one config file; raises ConfigError when it cannot be read or parsed."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        document = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    if path.name == "pyproject.toml":
        tool = document.get("tool")
        document = tool.get("datalint", {}) if isinstance(tool, dict) else {}
        if not isinstance(document, dict):
            raise ConfigError(f"{path}: tool.datalint takes a table, not {document!r}")
    return parse(document, path)


def find(root: Path) -> Path | None:
    """The config file for a dataset: the nearest from `root` upwards to the repository's root.

    In one folder `.datalint.toml` comes before `datalint.toml` before a `pyproject.toml` with `[tool.datalint]`.
    """
    start = Path(os.path.abspath(root))
    for folder in (start, *start.parents):
        for name in FILES:
            candidate = folder / name
            try:
                if not candidate.is_file():
                    continue
                if name == "pyproject.toml":
                    tool = tomllib.loads(candidate.read_text("utf-8-sig", "replace")).get("tool")
                    if not isinstance(tool, dict) or "datalint" not in tool:
                        continue
            except (OSError, tomllib.TOMLDecodeError):
                # A stranger's broken pyproject.toml above the dataset is not this scan's business.
                continue
            return candidate
        if (folder / ".git").exists():
            return None
    return None
