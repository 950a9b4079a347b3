"""Which labels a quick model that never saw the image, or the object, does not believe.

Nothing here imports torch until `run` is called.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from datalint.cache.store import Cache
    from datalint.config.settings import Config
    from datalint.dataset import Dataset
    from datalint.probe.given import Given


@dataclass(frozen=True, slots=True)
class Options:
    """How the probe is asked."""

    seconds: float = 150.0
    """Bounds the work: the plan is a function of it, the data, the kind of device and `seed`; if the clock still
    runs out, the outcome says so and nothing is assessed."""
    train_on: str = "all"
    """"all" or "train": with "train" only images of the train split are used and assessed."""
    device: str = "auto"
    """auto, cpu, cuda or mps."""
    seed: int = 0
    embeddings: Path | None = None
    """The user's own features: see `datalint.probe.embeddings`."""
    backbone: str | None = None
    """A pretrained network as NAME, FILE or NAME:FILE, or "none"; None tries one in torch's cache."""
    allow_download: bool = False
    margin: float = 0.1
    """Of objects, by which their pictures are larger on every side: a share of the width and height of their boxes."""
    jobs: int | None = None
    """Processes that decode pictures for the network, as for `measure`."""

    @classmethod
    def of(cls, settings: Config) -> Options:
        """As the settings of a scan ask it."""
        return cls(
            seconds=settings.probe_seconds,
            train_on=settings.train_on,
            device=settings.device,
            seed=settings.seed,
            embeddings=settings.embeddings,
            backbone=settings.backbone,
            allow_download=settings.allow_download,
            margin=settings.probe_margin,
            jobs=settings.jobs,
        )


def available() -> str | None:
    """None, or why the probe cannot run here. Imports nothing heavy."""
    missing = [
        name for name in ("torch", "torchvision", "cleanlab", "scipy", "threadpoolctl") if find_spec(name) is None
    ]
    if not missing:
        return None
    verb = "is" if len(missing) == 1 else "are"
    return f"{' and '.join(missing)} {verb} not installed: pip install '.[probe]' (the extra datalint-vision[probe])"


def refuse(device: str) -> None:
    """Raise ConfigError if a device that is named is not there: a slow stand-in is not what was asked for."""
    if device in ("auto", "cpu"):
        return
    from datalint.probe.assess import has_device

    if not has_device(device):
        import torch

        from datalint.config.settings import ConfigError

        raise ConfigError(
            f"the probe cannot run on {device}: torch {torch.__version__} finds no such device here; "
            "`--device auto` takes the best one available"
        )


def read_given(data: Dataset, options: Options) -> Given:
    """What `options` name beside the pictures, read; the paths of `data` will do.

    Raises ConfigError, also where they name a device that is not there.
    """
    from datalint.probe.given import read_given

    refuse(options.device)
    return read_given(data, options)


def run(
    data: Dataset,
    options: Options,
    given: Given | None = None,
    *,
    cache: Cache | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> None:
    """Set `data.tables["probe"]` and `data.probe_outcome`; nothing in the data makes it raise.

    `given` is what `read_given` gave, if it was asked before. `progress` gets ("probe", done, total). What was asked
    before, of the same contents, labels and copies, is answered from `cache`.
    """
    from datalint.probe import items as all_items
    from datalint.probe.abstain import abstain
    from datalint.probe.task import AbstainError, pose

    if given is None:
        given = read_given(data, options)
    items = all_items.of(data, options, given)
    try:  # torch takes half a gigabyte: it is not loaded to find that there is nothing to ask
        pose(data, items, options.train_on, max(1, items.rows.height), options.seed)
    except AbstainError as error:
        abstain(data, items, error)
        return
    from datalint.probe.assess import assess
    from datalint.probe.memory import Memory

    memory = Memory(data, items, cache, options, given)
    if not memory.recall():
        assess(data, items, options, given, progress)
        memory.keep()
