"""FiftyOne: `labels.json` with boxes or classes of the images in `data`, and `samples.json` of a whole dataset.

Reference: https://docs.voxel51.com/user_guide/export_datasets.html
"""

from __future__ import annotations

from datalint.dataset.formats.fiftyone.labels import Simple
from datalint.dataset.formats.fiftyone.samples import Samples

FORMATS = (Simple, Samples)
