-- Candidates of the keyword leg among all of a site's chunks: those that tell most; where these are too few, all that hold
-- any of the rarest lexemes. Of equals the first documents', or which are taken would depend on where Postgres keeps them.
telling AS MATERIALIZED (
    SELECT chunk_id, weights <#> %(weights)b AS product
    FROM (
        SELECT chunk_id, document_id, weights
        FROM term_{version}
        WHERE site_id = %(site)s
          AND lexemes @@ %(telling)s::tsquery
        LIMIT 5000
    ) AS found
    ORDER BY product, document_id, chunk_id
    LIMIT {candidates}
),
keyword AS MATERIALIZED (
    SELECT chunk_id, product
    FROM telling
    WHERE (SELECT count(*) FROM telling) = {candidates}
    UNION ALL
    (
        SELECT chunk_id, weights <#> %(weights)b AS product
        FROM (
            SELECT chunk_id, document_id, weights
            FROM term_{version}
            WHERE site_id = %(site)s
              AND lexemes @@ (%(any_lexeme)s::tsquery || %(telling)s::tsquery)
              AND (SELECT count(*) FROM telling) < {candidates}
            LIMIT 5000
        ) AS found
        ORDER BY product, document_id, chunk_id
        LIMIT {candidates}
    )
)
