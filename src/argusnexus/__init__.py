"""Replay crypto strategies through the production engine, and trade them behind verified brackets."""

from argusnexus._version import __version__

__all__ = ["__version__"]
