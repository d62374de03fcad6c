"""The truth ledger: what was decided, ordered, filled and earned, and by which run."""
