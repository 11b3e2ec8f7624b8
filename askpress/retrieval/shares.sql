-- Of the lexemes that most chunks hold, which share 0..1 of all chunks does, by Postgres's own statistics; no row where
-- chunks of several sites stand together, of which these say nothing.
SELECT share.lexeme, share.share
FROM pg_stats AS term
CROSS JOIN unnest(term.most_common_elems::text::text[], term.most_common_elem_freqs) AS share (lexeme, share)
WHERE term.schemaname = current_schema()
  AND term.tablename = 'term_{version}'
  AND term.attname = 'lexemes'
  AND share.lexeme IS NOT NULL
  AND EXISTS (
      SELECT FROM pg_stats AS site
      WHERE site.schemaname = current_schema()
        AND site.tablename = 'term_{version}'
        AND site.attname = 'site_id'
        AND site.n_distinct = 1
  )
