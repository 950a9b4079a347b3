"""Where the bytes of a dataset come from: no other module opens a file of it."""

from datalint.sources.folder import Folder, LocalFile, NotRegularError

__all__ = ["Folder", "LocalFile", "NotRegularError"]
