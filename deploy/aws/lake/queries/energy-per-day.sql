-- Energy of each meter and day, kWh. Days are those of UTC; put in your own, and one more for the partitions.
-- A delta covers the time up to its record, so the one of midnight belongs to the day that ends. What was delivered twice
-- counts once. After a gap one delta has all of it: the day in which it ends has the energy, and says how long the gap was.
WITH once AS (
  SELECT
    site,
    meter,
    time_ms,
    energy_delta_active_import_total AS wh,
    spans,
    row_number() OVER (PARTITION BY site, meter, time_ms, sequence, part ORDER BY time_ms) AS copy
  FROM pm500.records
  WHERE kind = 'telemetry' AND day BETWEEN '2018-01-01' AND '2019-01-01'
),
deltas AS (
  SELECT
    site,
    meter,
    CAST(DATE '1970-01-01' + INTERVAL '1' DAY * CAST(floor((time_ms - 1) / 86400000.0) AS bigint) AS date) AS energy_day,
    wh,
    CASE
      WHEN contains(map_keys(spans), 'energy_delta_active_import_total') THEN spans['energy_delta_active_import_total']
    END AS span_ms
  FROM once
  WHERE copy = 1 AND wh IS NOT NULL
)
SELECT site, meter, energy_day, sum(wh) / 1000.0 AS energy_kwh, max(span_ms) / 3600000.0 AS longest_gap_h
FROM deltas
WHERE energy_day BETWEEN DATE '2018-01-01' AND DATE '2018-12-31'
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
