excluded AS MATERIALIZED (
    SELECT held.chunk_id
    FROM term_{version} AS held
    JOIN askpress_chunk AS chunk ON chunk.id = held.chunk_id
    JOIN askpress_document AS document ON document.id = held.document_id
    WHERE held.site_id = %(site)s AND ({parts})
),
