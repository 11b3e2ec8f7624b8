-- What an index version holds of each document of a site, counted in its own tables; in the order of post ids.
-- {version} is the index version.
SELECT document.post_id,
       document.type,
       document.modified_at,
       document.source_checksum,
       document.read_at IS NOT NULL,
       document.gone_at IS NOT NULL,
       document.error,
       document.evidence,
       indexed.chunks,
       count(chunk.id),
       count(vector.chunk_id),
       count(term.chunk_id)
FROM askpress_document AS document
LEFT JOIN askpress_indexed AS indexed ON indexed.document_id = document.id AND indexed.index_version_id = {version}
LEFT JOIN askpress_chunk AS chunk ON chunk.document_id = document.id AND chunk.index_version_id = {version}
LEFT JOIN vector_{version} AS vector ON vector.chunk_id = chunk.id
LEFT JOIN term_{version} AS term ON term.chunk_id = chunk.id
WHERE document.site_id = %(site)s
GROUP BY document.id, indexed.chunks
ORDER BY document.post_id
