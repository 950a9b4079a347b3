"""VIA, the VGG Image Annotator: the JSON of versions 1 and 2, whole projects too, and CSV, with shapes of every kind.

Reference: https://www.robots.ox.ac.uk/~vgg/software/via/docs/user_guide.html
"""

from __future__ import annotations

from datalint.dataset.formats.via.csv import Csv
from datalint.dataset.formats.via.json import Json

FORMATS = (Json, Csv)
