"""Rules that were not chosen but that chosen ones yield to: they run and silence those, and are not in the report.

So what a rule finds does not depend on which others are chosen. What `ignore` names is not wanted, and is not heard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.catalogue import registry

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from datalint.catalogue.registry import Catalogue
    from datalint.config.settings import Config
    from datalint.judge.collect import Collected
    from datalint.rule import Rule


def heard(chosen: Sequence[Rule], catalogue: Catalogue, settings: Config) -> list[Rule]:
    """The rules that `chosen` yield to and that are not among them, with their options."""
    named = {name for rule in chosen for name in rule.yields_to}.difference(rule.name for rule in chosen)
    louder = tuple(
        entry.rule.name
        for entry in catalogue
        if entry.rule.name in named and not any(registry.names(selector, entry.rule) for selector in settings.ignore)
    )
    return registry.select(settings.merged(select=louder, extend_select=()), catalogue) if louder else []


def without(found: Collected, rules: Collection[Rule]) -> Collected:
    """`found` without what these rules found."""
    if not rules:
        return found
    codes = [rule.code for rule in rules]
    kept = ~found.findings["code"].is_in(codes)
    findings = found.findings.filter(kept)
    known = found.members["finding"].is_in(findings["id"].unique().implode())
    return found._replace(
        findings=findings,
        members=found.members.filter(known),
        accepted=tuple(entry for entry in found.accepted if entry.code not in codes),
        touches=found.touches.filter(kept),
        members_touch=found.members_touch.filter(known),
    )
