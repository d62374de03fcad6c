"""A replay's rows made by the column: the cells that `Scribe` and the ledger's tables would make of each, in bulk."""

from argusnexus.replay.bulk.teller import BulkBook

__all__ = ["BulkBook"]
