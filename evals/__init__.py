"""How good search and answers are: the repository's own questions, and a runner for them and for other sets."""
