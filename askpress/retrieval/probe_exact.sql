-- What it should find: all vectors of documents that fit, compared. "+ 0" keeps the index out.
SELECT embedding <=> %(embedding)b AS distance
FROM vector_{version} AS held
JOIN askpress_document AS document ON document.id = held.document_id
WHERE held.site_id = %(site)s AND document.gone_at IS NULL AND {conditions}
ORDER BY (embedding <=> %(embedding)b) + 0
LIMIT 10
