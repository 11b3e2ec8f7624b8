-- What each site, and each key that has a budget or spent something, has spent today (UTC); sites first, by name.
SELECT 'site ' || site.name, coalesce(spend.usd, 0), coalesce(spend.calls, 0),
       coalesce(site.daily_budget_usd, %(default)s::float)
FROM askpress_site AS site
LEFT JOIN askpress_spend AS spend ON spend.site_id = site.id AND spend.day = (now() AT TIME ZONE 'UTC')::date
UNION ALL
SELECT 'key ' || coalesce(apikey.name || ' (' || apikey.prefix || ')', 'API_KEY'), coalesce(spend.usd, 0),
       coalesce(spend.calls, 0), apikey.daily_budget_usd
FROM (SELECT * FROM askpress_apikey WHERE revoked_at IS NULL) AS apikey
FULL JOIN (
    SELECT * FROM askpress_spend WHERE key IS NOT NULL AND day = (now() AT TIME ZONE 'UTC')::date
) AS spend ON spend.key = apikey.id
WHERE apikey.daily_budget_usd IS NOT NULL OR spend.usd > 0
ORDER BY 1 DESC
