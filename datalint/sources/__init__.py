"""Where the bytes of a dataset come from: no other module opens a file of it."""

from datalint.sources.folder import Folder, LocalFile, NotRegularError
from datalint.sources.item import Item, Source, Stamp
from datalint.sources.refused import Refused

__all__ = ["Folder", "Item", "LocalFile", "NotRegularError", "Refused", "Source", "Stamp"]
