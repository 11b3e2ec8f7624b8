"""How fast: scripts that print numbers; README.md says how to read them."""
