-- Candidates of both legs among all of a site's chunks.
dense AS MATERIALIZED (
    SELECT chunk_id, embedding <=> %(embedding)b AS distance
    FROM vector_{version}
    WHERE site_id = %(site)s
    ORDER BY embedding <=> %(embedding)b
    LIMIT {dense_candidates}
),
keyword AS MATERIALIZED (
    SELECT chunk_id, weights <#> %(weights)b AS product
    FROM (
        SELECT chunk_id, weights
        FROM term_{version}
        WHERE site_id = %(site)s
          AND lexemes @@ %(any_lexeme)s::tsquery
        LIMIT 5000
    ) AS found
    ORDER BY weights <#> %(weights)b
    LIMIT {candidates}
)
