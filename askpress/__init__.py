"""Search and cited answers for a WordPress site, run by its owner."""

__version__ = "0.1.0"
