"""What the probe is given beside the pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from datalint.dataset import Dataset
    from datalint.probe import Options
    from datalint.probe.embeddings import Embeddings


@dataclass(frozen=True, slots=True)
class Brought:
    """What the user named, read and checked."""

    embeddings: Embeddings | None = None

    @property
    def digest(self) -> str | None:
        """Of everything here that the probe's answer hangs on."""
        return self.embeddings.digest if self.embeddings else None

    def lacking(self) -> dict[str, NDArray[np.int64]]:
        """Numbers of images that cannot be asked about, by the reason."""
        from datalint.probe.embeddings import LACKING

        return {LACKING: self.embeddings.lacking()} if self.embeddings else {}


def bring(data: Dataset, options: Options) -> Brought:
    """Read what `options` name; raises ConfigError."""
    if options.embeddings is None:
        return Brought()
    from datalint.probe import embeddings

    return Brought(embeddings.read(options.embeddings, data.table("images")["path"]))
