"""HTML in, chunks out. Pure: no framework, no network, no database."""
