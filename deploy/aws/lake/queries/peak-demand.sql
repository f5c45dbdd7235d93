-- Peak demand of each meter and month, kW: the quarter of an hour with the most energy, and when it ended. UTC; put in your
-- own days. Deltas are added up, so meters that report more often give the same.
WITH once AS (
  SELECT
    site,
    meter,
    time_ms,
    energy_delta_active_import_total,
    row_number() OVER (PARTITION BY site, meter, time_ms, sequence, part ORDER BY time_ms) AS copy
  FROM pm500.records
  WHERE kind = 'telemetry' AND day BETWEEN '2018-01-01' AND '2019-01-01'
),
quarters AS (
  SELECT
    site,
    meter,
    CAST(floor((time_ms - 1) / 900000.0) AS bigint) + 1 AS quarter,
    sum(energy_delta_active_import_total) * 4 / 1000.0 AS demand_kw
  FROM once
  WHERE copy = 1 AND energy_delta_active_import_total IS NOT NULL
  GROUP BY 1, 2, 3
)
SELECT
  site,
  meter,
  date_trunc('month', CAST(DATE '1970-01-01' AS timestamp) + INTERVAL '1' SECOND * (quarter * 900 - 900)) AS demand_month,
  max(demand_kw) AS peak_kw,
  max_by(quarter * 900000, demand_kw) AS peak_end_ms
FROM quarters
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
