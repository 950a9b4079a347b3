"""A rule's page in Markdown: its metadata, its docstring and its options. Serves the command line and docs/."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datalint.rule import Rule


def page(rule: type[Rule]) -> str:
    """The page, ending in a newline."""
    facts = [
        f"severity **{rule.severity}**",
        f"confidence **{rule.confidence}**",
        f"since {rule.since}",
        "needs " + ", ".join(rule.needs),
    ]
    if rule.preview:
        facts.append("**preview**")
    text = [f"# {rule.code} {rule.name}", "", " · ".join(facts), "", rule.page(), *_fixtures(rule), *_options(rule)]
    return "\n".join(text) + "\n"


def _fixtures(rule: type[Rule]) -> list[str]:
    """Where the files are that the page names, if they are not here: an installed package has none."""
    here = (Path(__file__).parents[2] / "fixtures").is_dir()
    return [] if here or "`fixtures/" not in rule.page() else ["", "`fixtures/` is a folder of datalint's source."]


def _options(rule: type[Rule]) -> list[str]:
    if not rule.options:
        return []
    lines = ["", "## Options", "", f"Set them under `[rules.{rule.name}]`.", ""]
    lines += ["| option | default | meaning |", "|---|---|---|"]
    for option in rule.options.values():
        bounds = [
            f"at least {option.low:g}" if option.low is not None else "",
            f"at most {option.high:g}" if option.high is not None else "",
            "one of " + ", ".join(option.choices) if option.choices else "",
        ]
        limits = ", ".join(bound for bound in bounds if bound)
        meaning = option.doc.rstrip(".") + (f" ({limits})" if limits else "")
        lines.append(f"| `{option.key}` | `{_toml(option.default)}` | {meaning} |")
    return lines


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return f'"{value}"' if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)
