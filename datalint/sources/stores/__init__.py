"""Datasets that lie in a store of objects, or whatever else has a URL."""

from datalint.sources.stores.attempts import StoreError
from datalint.sources.stores.item import Store, StoredItem

__all__ = ["Store", "StoreError", "StoredItem"]
