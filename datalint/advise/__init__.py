"""What the measured facts of a dataset mean for training, as code to paste. Nothing is measured here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.advise import facts as known
from datalint.advise.snippet import Snippet, comment, in_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalint.dataset import Dataset

#: Libraries that code is for, and its language.
LIBRARIES = {"pytorch": "python", "ultralytics": "yaml"}


class Advice(tuple[Snippet, ...]):
    """Snippets, each of which runs after those before it; printed, the file for PyTorch."""

    root: str

    def program(self, library: str = "pytorch") -> str:
        """The snippets for one of LIBRARIES as one file, with their reasons as comments; empty where there are none."""
        snippets = [snippet for snippet in self if snippet.language == LIBRARIES[library]]
        if not snippets:
            return ""
        python = library == "pytorch"
        lines = [comment(f"What datalint measured in {self.root} means for training."), ""]
        if python:
            lines += [*in_order(line for snippet in snippets for line in snippet.imports), ""]
        for number, snippet in enumerate(snippets):
            lines += [""] * bool(number and python)
            said = [comment(f"-- {snippet.title}"), *map(comment, snippet.reasons)]
            lines += [*said, *[""] * (snippet.above if python else 0), snippet.code, ""]
        return "\n".join(lines).rstrip("\n") + "\n"

    def __str__(self) -> str:
        return self.program()


def advise(data: Dataset, root: str, grouped: int = 0) -> Advice:
    """Code for PyTorch, and where there are boxes settings for Ultralytics; empty where pixels were not measured.

    `root` names the dataset in the code. `grouped` pictures are of sources that are spread over splits.
    """
    facts = known.read(data, root, grouped)
    made = Advice(() if facts is None else _snippets(facts))
    made.root = root
    return made


def _snippets(facts: known.Facts) -> Iterator[Snippet]:
    from datalint.advise import learning, objects, pictures, splits, ultralytics

    yield pictures.load(facts)
    split = splits.split(facts)
    if split is not None:
        yield split
    if facts.objects is not None:
        yield from objects.learning(facts)
        yield ultralytics.settings(facts, facts.objects)
    else:
        yield pictures.normalize(facts)
        yield pictures.transforms(facts)
        yield from learning.learning(facts)


__all__ = ["LIBRARIES", "Advice", "Snippet", "advise"]
