"""Replay: history through the engine, into the ledger, and out as a report."""
