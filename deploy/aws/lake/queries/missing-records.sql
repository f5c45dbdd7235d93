-- Records that never arrived: the sequence of a meter goes up by one. Where an edge started again it begins anywhere, far away.
WITH once AS (
  SELECT DISTINCT site, meter, sequence
  FROM pm500.records
  WHERE day BETWEEN '2018-01-01' AND '2019-01-01'
),
steps AS (
  SELECT
    site,
    meter,
    sequence,
    sequence - lag(sequence) OVER (PARTITION BY site, meter ORDER BY sequence) - 1 AS missing
  FROM once
)
SELECT site, meter, sequence - missing AS first_missing, missing
FROM steps
WHERE missing BETWEEN 1 AND 1000000
ORDER BY 1, 2, 3
