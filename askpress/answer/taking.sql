-- Takes an amount from what the site and the key may spend today, where each has that much left; a statement follows.
-- `wanted` has a row for each of the two, `taken` one where it was taken.
WITH budget AS MATERIALIZED (
    SELECT id AS site_id, NULL::bigint AS key, coalesce(daily_budget_usd, %(default)s::float) AS usd, corpus_version
    FROM askpress_site
    WHERE id = %(site)s
    UNION ALL
    SELECT NULL, %(key)s::bigint, (SELECT daily_budget_usd FROM askpress_apikey WHERE id = %(key)s), NULL
    WHERE %(key)s::bigint IS NOT NULL
),
-- A price that is a guess counts where a limit must be kept, and is no claim about money elsewhere.
wanted AS MATERIALIZED (
    SELECT site_id, key, usd AS most, CASE WHEN usd IS NULL AND %(guess)s THEN 0 ELSE %(usd)s::float END AS usd,
           corpus_version
    FROM budget
),
taken AS (
    INSERT INTO askpress_spend AS spend (day, site_id, key, usd, calls)
    SELECT (now() AT TIME ZONE 'UTC')::date, site_id, key, usd, %(calls)s
    FROM wanted
    WHERE most IS NULL OR usd <= most
    -- Everybody locks in this order: the site's row before the key's.
    ORDER BY key NULLS FIRST
    ON CONFLICT (day, site_id, key) DO UPDATE
    SET usd = spend.usd + excluded.usd, calls = spend.calls + excluded.calls
    WHERE (SELECT most IS NULL OR spend.usd + excluded.usd <= most
           FROM wanted
           WHERE wanted.key IS NOT DISTINCT FROM excluded.key)
    RETURNING spend.id, spend.key, spend.usd
)
