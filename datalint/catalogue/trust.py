"""Which configs may run their plugins: the user's own list, by path and by content.

Settings are data and may come with a dataset; plugins are programs. A config that was found with a dataset is trusted
as it was when the user said so: another byte in it or in a plugin, and it is a stranger's again. What a plugin imports
beside itself is not looked at.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from datalint.config.settings import ConfigError
from datalint.output import write

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SCHEMA: Final = "datalint/trust/v1"


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A config whose plugins may run."""

    config: str
    """Its path, absolute, its folder without links."""
    sha256: str
    plugins: dict[str, str]
    """File as the config names it -> SHA-256."""


class _List(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    schema: Literal["datalint/trust/v1"]
    configs: list[Record]


def list_file() -> Path:
    """The user's list, where the platform keeps settings (XDG base directories; Apple's and Microsoft's guides)."""
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        # A relative one would lead into the dataset that a scan is started in.
        named = os.environ.get("XDG_CONFIG_HOME", "")
        base = Path(named) if Path(named).is_absolute() else Path.home() / ".config"
    return base / "datalint" / "trusted.json"


def records() -> list[Record]:
    """The configs that the user trusts; raises ConfigError with one line where the list cannot be used."""
    try:
        file = list_file()
        content = file.read_bytes()
    except (FileNotFoundError, RuntimeError):  # none was ever made, or there is no home folder
        return []
    except OSError as error:
        raise ConfigError(f"{file}: the list of trusted configs cannot be read: {error.strerror or error}") from None
    try:
        return msgspec.json.decode(content, type=_List).configs
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        cause = " ".join(str(error).split())
        raise ConfigError(
            f"{file}: the list of trusted configs is damaged: {cause}; delete it, and trust your configs again"
        ) from None


def name_of(config: Path) -> str:
    """What a config is called in the list."""
    place = Path(os.path.abspath(config))
    whole = Path(os.path.realpath(place.parent)) / place.name
    return os.fsencode(whole).decode("utf-8", "backslashreplace")


def digest(content: bytes) -> str:
    """What tells a file from a changed one."""
    return hashlib.sha256(content).hexdigest()


def add(config: Path, sha256: str, plugins: Mapping[str, bytes]) -> None:
    """Trust a config and its plugins as they are. Raises ConfigError, and WriteError."""
    record = Record(name_of(config), sha256, {name: digest(content) for name, content in plugins.items()})
    _put([*(old for old in records() if old.config != record.config), record])


def remove(configs: Iterable[Path]) -> list[str]:
    """Trust none of these configs any more; those that were trusted. Raises ConfigError, and WriteError."""
    names = {name_of(config) for config in configs}
    known = records()
    gone = [record.config for record in known if record.config in names]
    if gone:
        _put([record for record in known if record.config not in names])
    return gone


def _put(configs: list[Record]) -> None:
    try:
        file = list_file()
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except RuntimeError:
        raise ConfigError("there is no home folder to keep the list of trusted configs in") from None
    except OSError as error:
        raise ConfigError(f"{error.filename}: cannot be made: {error.strerror or error}") from None
    document = _List(SCHEMA, sorted(configs, key=lambda record: record.config))
    write(file, msgspec.json.format(msgspec.json.encode(document), indent=1).decode() + "\n")
