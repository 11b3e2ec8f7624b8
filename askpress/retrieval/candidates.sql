-- Candidates of both legs among all of a site's chunks. Where those of other sites lie in the way of the vector index, it
-- stops, and every sketch of the site is compared.
walked AS MATERIALIZED (
    SELECT chunk_id, embedding <=> %(embedding)b AS distance
    FROM vector_{version}
    WHERE site_id = %(site)s
    ORDER BY embedding <=> %(embedding)b
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
            SELECT chunk_id
            FROM sketch_{version}
            WHERE site_id = %(site)s AND (SELECT count(*) FROM walked) < {dense_candidates}
            ORDER BY bits <~> (SELECT binary_quantize(%(embedding)b::halfvec)::bit({dimensions}))
            LIMIT {sketched}
        ) AS shortlist
        JOIN vector_{version} USING (chunk_id)
        ORDER BY (embedding <=> %(embedding)b) + 0, document_id, chunk_id
        LIMIT {dense_candidates}
    )
),
{keyword_of_all}
