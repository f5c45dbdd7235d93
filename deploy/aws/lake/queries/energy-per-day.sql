-- Energy of each meter and day, kWh. Days are those of UTC; put in your own.
-- A delta covers the time up to its record, so the one of midnight belongs to the day that ends. What was delivered twice
-- counts once.
WITH once AS (
  SELECT
    site,
    meter,
    time_ms,
    energy_delta_active_import_total,
    row_number() OVER (PARTITION BY site, meter, time_ms, sequence, part ORDER BY time_ms) AS copy
  FROM pm500.records
  WHERE kind = 'telemetry' AND day BETWEEN '2018-01-01' AND '2019-01-01'
)
SELECT
  site,
  meter,
  CAST(DATE '1970-01-01' + INTERVAL '1' DAY * CAST(floor((time_ms - 1) / 86400000.0) AS bigint) AS date) AS energy_day,
  sum(energy_delta_active_import_total) / 1000.0 AS energy_kwh
FROM once
WHERE copy = 1 AND energy_delta_active_import_total IS NOT NULL
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
