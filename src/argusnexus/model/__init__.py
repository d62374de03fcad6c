"""The vocabulary: frozen types that two or more rooms share, no I/O."""
