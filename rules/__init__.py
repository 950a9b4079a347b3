"""The built-in rules: a folder per family, a file per rule, named after the rule.

`from datalint.rules import NearDuplicate` imports that one file.
"""

from importlib import import_module as _import_module
from typing import Any

from datalint.catalogue.rule_index import RULES as _RULES

_HOMES = {"".join(name.title().split("-")): module for _, name, module in _RULES}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(_import_module(f"datalint.rules.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'datalint.rules' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
