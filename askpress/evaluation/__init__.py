"""How good search and answers are, measured over questions with known answers."""
