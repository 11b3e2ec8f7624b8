-- Candidates of both legs among the documents that fit the conditions, less the excluded chunks.
-- Few documents are looked at whole. Of many, the nearest chunks of all are looked through; where too few of them fit,
-- since what fits is rare or lies elsewhere, every sketch is compared.
-- "+ 0" keeps the index out: it would stop before it has seen all that fit.
few AS MATERIALIZED (
    SELECT id
    FROM askpress_document AS document
    WHERE site_id = %(site)s AND gone_at IS NULL AND {conditions}
    LIMIT {many}
),
{excluding}small AS MATERIALIZED (
    SELECT count(*) < {many} AS is_small FROM few
),
sketch AS MATERIALIZED (
    SELECT binary_quantize(%(embedding)b::halfvec)::bit({dimensions}) AS bits
),
walked AS MATERIALIZED (
    SELECT chunk_id, distance
    FROM (
        SELECT chunk_id, document_id, embedding <=> %(embedding)b AS distance
        FROM vector_{version}
        WHERE site_id = %(site)s AND NOT (SELECT is_small FROM small)
        ORDER BY embedding <=> %(embedding)b
        LIMIT {walked}
    ) AS held
    WHERE (SELECT {conditions} FROM askpress_document AS document WHERE document.id = held.document_id){not_excluded}
    LIMIT {dense_candidates}
),
dense AS MATERIALIZED (
    SELECT chunk_id, distance
    FROM walked
    WHERE (SELECT count(*) FROM walked) = {dense_candidates}
    UNION ALL
    (
        SELECT chunk_id, embedding <=> %(embedding)b AS distance
        FROM (
            (
                SELECT chunk_id
                FROM few
                JOIN sketch_{version} AS held ON held.document_id = few.id
                WHERE (SELECT is_small FROM small){not_excluded}
                ORDER BY held.bits <~> (SELECT bits FROM sketch)
                LIMIT {sketched}
            )
            UNION ALL
            (
                SELECT chunk_id
                FROM sketch_{version} AS held
                WHERE site_id = %(site)s
                  AND NOT (SELECT is_small FROM small)
                  AND (SELECT count(*) FROM walked) < {dense_candidates}
                  -- "IS TRUE" has the documents hashed once, however few of them Postgres expects.
                  AND (document_id IN (
                      SELECT id FROM askpress_document AS document WHERE site_id = %(site)s AND {conditions}
                  )) IS TRUE{not_excluded}
                ORDER BY held.bits <~> (SELECT bits FROM sketch)
                LIMIT {sketched}
            )
        ) AS shortlist
        JOIN vector_{version} USING (chunk_id)
        ORDER BY (embedding <=> %(embedding)b) + 0, document_id, chunk_id
        LIMIT {dense_candidates}
    )
),
keyword AS MATERIALIZED (
    SELECT chunk_id, product
    FROM (
        -- A product of 0 shares no lexeme. The weights stand in the row, the lexemes do not.
        SELECT chunk_id, document_id, weights <#> %(weights)b AS product
        FROM few
        JOIN term_{version} AS held ON held.document_id = few.id
        WHERE (SELECT is_small FROM small) AND weights <#> %(weights)b < 0{not_excluded}
        UNION ALL
        (
        SELECT chunk_id, document_id, product
        FROM (
            -- Documents are looked up best first, until enough fit.
            SELECT chunk_id, document_id, weights <#> %(weights)b AS product
            FROM (
                SELECT chunk_id, document_id, weights
                FROM term_{version} AS held
                WHERE site_id = %(site)s
                  AND NOT (SELECT is_small FROM small)
                  AND lexemes @@ %(any_lexeme)s::tsquery{not_excluded}
                LIMIT 5000
            ) AS found
            ORDER BY product, document_id, chunk_id
        ) AS held
        WHERE (SELECT {conditions} FROM askpress_document AS document WHERE document.id = held.document_id)
        LIMIT {candidates}
        )
    ) AS either
    ORDER BY product, document_id, chunk_id
    LIMIT {candidates}
)
