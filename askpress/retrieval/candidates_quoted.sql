-- Candidates of both legs among the chunks that hold every phrase of the query: each of them is compared.
{excluding}quoted AS MATERIALIZED (
    SELECT held.chunk_id, held.document_id, held.weights
    FROM term_{version} AS held
    JOIN askpress_chunk AS chunk ON chunk.id = held.chunk_id
    JOIN askpress_document AS document ON document.id = held.document_id
    WHERE held.site_id = %(site)s AND document.gone_at IS NULL AND {conditions} AND {phrases}{not_excluded}
),
dense AS MATERIALIZED (
    SELECT chunk_id, embedding <=> %(embedding)b AS distance
    FROM quoted
    JOIN vector_{version} USING (chunk_id, document_id)
    ORDER BY (embedding <=> %(embedding)b) + 0, document_id, chunk_id
    LIMIT {dense_candidates}
),
keyword AS MATERIALIZED (
    SELECT chunk_id, weights <#> %(weights)b AS product
    FROM quoted
    ORDER BY product, document_id, chunk_id
    LIMIT {candidates}
)
