-- Candidates of both legs where no index stands over few, long vectors: their sketches, a bit a dimension, choose
-- which are compared.
dense AS MATERIALIZED (
    SELECT chunk_id, embedding <=> %(embedding)b AS distance
    FROM (
        SELECT chunk_id
        FROM sketch_{version}
        WHERE site_id = %(site)s
        ORDER BY bits <~> (SELECT binary_quantize(%(embedding)b::halfvec)::bit({dimensions}))
        LIMIT {sketched}
    ) AS shortlist
    JOIN vector_{version} USING (chunk_id)
    ORDER BY (embedding <=> %(embedding)b) + 0, document_id, chunk_id
    LIMIT {dense_candidates}
),
{keyword_of_all}
