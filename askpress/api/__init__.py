"""Public HTTP: the doors to search and ask, their keys, limits, health and errors."""
