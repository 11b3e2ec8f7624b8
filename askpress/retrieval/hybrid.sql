-- The passages nearest to a question: candidates of the vector leg and of the keyword leg, fused by their scores.
-- Returns :limit rows after the first :skip, best first; ties by document and position. Whoever reads more than one page
-- of k at once finds each in its place. What a document has beyond
-- :per_document passages comes after all else, unless it holds at least 60 in 100 of the best :k: then the question is
-- about that document.
-- ":" above stands for a named parameter. {version} is the index version; one of the
-- candidates*.sql stands at the head.
WITH {candidates_of_legs},
legs AS MATERIALIZED (
    -- What a leg has computed is not computed again: reading a vector costs more than comparing it.
    SELECT chunk.id,
           chunk.document_id,
           chunk.position,
           1 - coalesce(distance, (SELECT embedding <=> %(embedding)b FROM vector_{version} AS vector
                                   WHERE vector.chunk_id = chunk.id), 1) AS cosine,
           -coalesce(product, (SELECT weights <#> %(weights)b FROM term_{version} AS term
                               WHERE term.chunk_id = chunk.id)) AS bm25{of_legs}
    FROM dense
    FULL JOIN keyword USING (chunk_id)
    JOIN askpress_chunk AS chunk ON chunk.id = chunk_id
    JOIN askpress_document AS document ON document.id = chunk.document_id
    WHERE document.gone_at IS NULL
),
scored AS (
    SELECT *,
           {formula} AS score{of_scores}
    FROM legs
),
ranked AS (
    SELECT *,
           row_number() OVER (ORDER BY score DESC, document_id, position) AS rank,
           row_number() OVER (PARTITION BY document_id ORDER BY score DESC, position) AS rank_in_document
    FROM scored
),
weighed AS (
    SELECT *, count(*) FILTER (WHERE rank <= %(k)s) OVER (PARTITION BY document_id) AS of_the_best
    FROM ranked
),
best AS MATERIALIZED (
    SELECT *, rank_in_document > %(per_document)s AND of_the_best < 0.6 * %(k)s AS is_beyond
    FROM weighed
    ORDER BY is_beyond, rank
    LIMIT %(limit)s
    OFFSET %(skip)s
)
SELECT best.cosine,
       best.bm25,
       best.score,
       chunk.public_id,
       chunk.text,
       chunk.headings,
       chunk.anchor,
       chunk.start,
       chunk."end",
       chunk.position,
       chunk.token_count,
       document.id,
       document.version,
       document.type,
       document.title,
       document.url,
       document.language,
       document.modified_at,
       ARRAY(
           SELECT lexeme
           FROM unnest(%(lexemes)s::text[], %(quoted)s::text[]) AS asked (lexeme, quoted)
           WHERE held.lexemes @@ quoted::tsquery
       ) AS matched{of_best}
FROM best
JOIN askpress_chunk AS chunk ON chunk.id = best.id
JOIN askpress_document AS document ON document.id = best.document_id
JOIN term_{version} AS term ON term.chunk_id = best.id
-- Read once for all words: as a column they would be fetched and unpacked for each.
CROSS JOIN LATERAL (SELECT strip(term.lexemes) AS lexemes OFFSET 0) AS held
ORDER BY best.is_beyond, best.rank
