"""Candles: imported, checked, stored, resampled, or made up (the sample market)."""
