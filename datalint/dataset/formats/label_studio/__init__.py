"""Label Studio: its exports as JSON, JSON-MIN and CSV, with boxes, polygons, points and choices in percent.

Reference: https://labelstud.io/guide/export and https://labelstud.io/guide/task_format
"""

from __future__ import annotations

from datalint.dataset.formats.label_studio.csv import Csv
from datalint.dataset.formats.label_studio.json import Json

FORMATS = (Json, Csv)
