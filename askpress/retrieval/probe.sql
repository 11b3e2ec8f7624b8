-- What the vector leg of a search finds first: the same candidates, by distance alone.
WITH {candidates_of_legs}
SELECT distance FROM dense ORDER BY distance LIMIT 10
