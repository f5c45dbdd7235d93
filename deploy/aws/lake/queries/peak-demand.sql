-- Peak demand of each meter and month, kW: the quarter of an hour with the most energy, and when it ended. UTC; put in your
-- own days, one more for the partitions, and months. A delta that began in the quarter before is shared out by its time. One
-- of a longer time, as after a gap, is left out: nobody knows in which quarter its energy was used.
WITH once AS (
  SELECT
    site,
    meter,
    time_ms,
    energy_delta_active_import_total AS wh,
    spans,
    CAST(floor((time_ms - 1) / 900000.0) AS bigint) AS quarter,
    row_number() OVER (PARTITION BY site, meter, time_ms, sequence, part ORDER BY time_ms) AS copy
  FROM pm500.records
  WHERE kind = 'telemetry' AND day BETWEEN '2018-01-01' AND '2019-01-01'
),
deltas AS (
  SELECT
    site,
    meter,
    time_ms,
    wh,
    quarter,
    CASE
      WHEN contains(map_keys(spans), 'energy_delta_active_import_total') THEN spans['energy_delta_active_import_total']
    END AS span_ms
  FROM once
  WHERE copy = 1 AND wh IS NOT NULL
),
known AS (
  SELECT
    site,
    meter,
    quarter,
    wh,
    greatest(quarter * 900000 - (time_ms - span_ms), 0) / CAST(span_ms AS double) AS share_before
  FROM deltas
  WHERE span_ms BETWEEN 1 AND 960000
),
shares AS (
  SELECT site, meter, quarter, wh * (1 - share_before) AS wh FROM known
  UNION ALL
  SELECT site, meter, quarter - 1 AS quarter, wh * share_before AS wh FROM known WHERE share_before > 0
),
quarters AS (
  SELECT
    site,
    meter,
    quarter,
    date_trunc('month', CAST(DATE '1970-01-01' AS timestamp) + INTERVAL '1' SECOND * (quarter * 900)) AS demand_month,
    sum(wh) * 4 / 1000.0 AS demand_kw
  FROM shares
  GROUP BY 1, 2, 3, 4
)
SELECT
  site,
  meter,
  demand_month,
  max(demand_kw) AS peak_kw,
  max_by((quarter + 1) * 900000, demand_kw) AS peak_end_ms
FROM quarters
WHERE demand_month BETWEEN TIMESTAMP '2018-01-01 00:00:00' AND TIMESTAMP '2018-12-01 00:00:00'
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
