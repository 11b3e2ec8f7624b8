-- How many of a site's chunks hold each lexeme, at most 20,000 told apart; the empty name counts all chunks.
SELECT name,
       CASE WHEN name = '' THEN
           (SELECT count(*) FROM term_{version} WHERE site_id = %(site)s)
       ELSE
           (SELECT count(*) FROM (
               SELECT FROM term_{version} WHERE site_id = %(site)s AND lexemes @@ quoted::tsquery LIMIT 20000
           ) AS holding)
       END AS chunks
FROM unnest(%(names)s::text[], %(quoted)s::text[]) AS asked (name, quoted)
