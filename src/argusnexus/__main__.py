"""`python -m argusnexus`, and the `argus` command."""

from argusnexus.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
