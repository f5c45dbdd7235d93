-- Records that never arrived: the sequence of a meter goes up by one over all kinds of records, also those without a site.
-- Where an edge started again it begins anywhere, far away. The site is that of the record behind the gap.
WITH once AS (
  SELECT meter, sequence, max(site) AS site
  FROM pm500.records
  WHERE day BETWEEN '2018-01-01' AND '2019-01-01'
  GROUP BY 1, 2
),
steps AS (
  SELECT
    site,
    meter,
    sequence,
    sequence - lag(sequence) OVER (PARTITION BY meter ORDER BY sequence) - 1 AS missing
  FROM once
)
SELECT site, meter, sequence - missing AS first_missing, missing
FROM steps
WHERE missing BETWEEN 1 AND 1000000
ORDER BY 1, 2, 3
