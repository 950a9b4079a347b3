"""LabelMe: one JSON file an image, as the desktop program writes it, and the XML of the older web tool.

The label files of the desktop program are one dataset, those of the web tool another.
References: https://github.com/wkentaro/labelme (labelme/_label_file.py) and, for the XML,
http://labelme.csail.mit.edu/Release3.0/browserTools/php/matlab_toolbox.php
"""

from __future__ import annotations

from datalint.dataset.formats.labelme.desktop import Desktop
from datalint.dataset.formats.labelme.web import Web

FORMATS = (Desktop, Web)
