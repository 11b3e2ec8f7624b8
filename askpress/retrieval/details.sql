-- What is shown of documents besides their text: one row each, with the names of their categories and tags by alphabet.
SELECT document.id,
       document.image_url,
       document.image_alt,
       ARRAY(
           SELECT term.name
           FROM askpress_term AS term
           WHERE term.site_id = document.site_id
             AND term.taxonomy = 'category'
             AND term.term_id = ANY(document.categories)
           ORDER BY term.name
       ) AS categories,
       ARRAY(
           SELECT term.name
           FROM askpress_term AS term
           WHERE term.site_id = document.site_id
             AND term.taxonomy = 'tag'
             AND term.term_id = ANY(document.tags)
           ORDER BY term.name
       ) AS tags
FROM askpress_document AS document
WHERE document.id = ANY(%(documents)b::bigint[])
