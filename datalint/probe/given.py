"""What the probe is given beside the pictures: the user's embeddings, or a pretrained network."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datalint.config.settings import ConfigError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from datalint.dataset import Dataset
    from datalint.probe import Options
    from datalint.probe.embeddings import Embeddings
    from datalint.probe.weights import Network

_log = logging.getLogger("datalint")

NONE = "none"
"""The backbone that asks for no network, not even for one in torch's cache."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the user named, or the machine has, read and checked."""

    embeddings: Embeddings | None = None
    network: Network | None = None
    asked: bool = False
    """Whether the user named the network; else it must prove itself against the patches."""

    @property
    def digest(self) -> tuple[str, ...]:
        """Of everything here that the probe's answer depends on."""
        if self.embeddings:
            return (self.embeddings.digest,)
        return (self.network.name, self.network.sha256, str(self.asked)) if self.network else ()

    def lacking(self) -> dict[str, NDArray[np.int64]]:
        """Numbers of images that cannot be asked about, by the reason."""
        from datalint.probe.embeddings import LACKING

        return {LACKING: self.embeddings.lacking()} if self.embeddings else {}


def read_given(data: Dataset, options: Options) -> Given:
    """Read what `options` name; raises ConfigError."""
    backbone = options.backbone
    if options.embeddings is not None:
        if backbone not in (None, NONE):
            raise ConfigError("embeddings and a probe backbone exclude each other: the probe takes one kind of feature")
        from datalint.probe import embeddings

        return Given(embeddings.read(options.embeddings, data.table("images")["path"]))
    if backbone == NONE:
        return Given()
    from datalint.probe import weights

    if backbone is not None:
        return Given(network=weights.asked(backbone, options.allow_download), asked=True)
    try:
        return Given(network=weights.unasked())
    except ConfigError as error:
        _log.warning("datalint: %s; the probe runs without it", error)
        return Given()
