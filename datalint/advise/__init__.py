"""What the measured facts of a dataset mean for training, as code to paste. Nothing is measured here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import __version__
from datalint.advise import facts as known
from datalint.advise.snippet import Snippet, comment, in_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.dataset import Dataset

#: Libraries that code is for, and its language.
LIBRARIES = {"pytorch": "python", "ultralytics": "yaml"}


def advise(data: Dataset, root: str, grouped: int = 0) -> tuple[Snippet, ...]:
    """Code for PyTorch, and where there are boxes settings for Ultralytics; empty where pixels were not measured.

    `root` names the dataset in the code. `grouped` pictures are of sources that are spread over splits.
    """
    facts = known.read(data, root, grouped)
    if facts is None:
        return ()
    from datalint.advise import learning, objects, pictures, splits, ultralytics

    split = splits.split(facts)
    start = (pictures.load(facts), *(() if split is None else (split,)))
    if facts.objects is not None:
        return (*start, *objects.learning(facts), ultralytics.settings(facts, facts.objects))
    return (*start, pictures.normalize(facts), pictures.transforms(facts), *learning.learning(facts))


def program(snippets: Sequence[Snippet], root: str, library: str = "pytorch") -> str:
    """The snippets for a library as one file, with their reasons as comments; empty where there are none."""
    snippets = [snippet for snippet in snippets if snippet.language == LIBRARIES[library]]
    if not snippets:
        return ""
    python = library == "pytorch"
    lines = [comment(f"What datalint {__version__} measured in {root} means for training."), ""]
    if python:
        lines += [*in_order(line for snippet in snippets for line in snippet.imports), ""]
    for number, snippet in enumerate(snippets):
        lines += [""] * bool(number and python)
        said = [comment(f"-- {snippet.title}"), *map(comment, snippet.reasons)]
        apart = 0 if not python else 2 if snippet.code.startswith(("def ", "class ")) else bool(snippet.reasons)
        lines += [*said, *[""] * apart, snippet.code, ""]
    return "\n".join(lines).rstrip("\n") + "\n"


__all__ = ["LIBRARIES", "Snippet", "advise", "program"]
