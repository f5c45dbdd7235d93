-- Generated from the meter table by tools/influxdb; do not edit: npx tsx tools/influxdb/main.ts
-- Columns and tags that no point has had yet do not exist in InfluxDB 3: leave them out. Write the result to
-- powermonitor_500_alarm_1m; keep it 90 days.
SELECT
  date_bin(INTERVAL '1 minute', time) AS time, site, area, line, asset, meter, quality, phase,
  min(active) AS active_min,
  max(active) AS active_max,
  last_value(active ORDER BY time) FILTER (WHERE active IS NOT NULL) AS active_last,
  count(active) AS active_count,
  sum(raised) AS raised_sum,
  min(value) AS value_min,
  max(value) AS value_max,
  last_value(value ORDER BY time) FILTER (WHERE value IS NOT NULL) AS value_last,
  last_value(limit ORDER BY time) FILTER (WHERE limit IS NOT NULL) AS limit_last,
  min(judged) AS judged_min,
  last_value(judged ORDER BY time) FILTER (WHERE judged IS NOT NULL) AS judged_last,
  last_value(since ORDER BY time) FILTER (WHERE since IS NOT NULL) AS since_last,
  last_value(unjudged_since ORDER BY time) FILTER (WHERE unjudged_since IS NOT NULL) AS unjudged_since_last,
  last_value(acknowledged ORDER BY time) FILTER (WHERE acknowledged IS NOT NULL) AS acknowledged_last,
  last_value(latched ORDER BY time) FILTER (WHERE latched IS NOT NULL) AS latched_last,
  last_value(state ORDER BY time) FILTER (WHERE state IS NOT NULL) AS state_last,
  last_value(event ORDER BY time) FILTER (WHERE event IS NOT NULL) AS event_last,
  last_value(message ORDER BY time) FILTER (WHERE message IS NOT NULL) AS message_last,
  last_value(metric ORDER BY time) FILTER (WHERE metric IS NOT NULL) AS metric_last,
  last_value(quality ORDER BY time) FILTER (WHERE quality IS NOT NULL) AS quality_last,
  last_value(reason ORDER BY time) FILTER (WHERE reason IS NOT NULL) AS reason_last
FROM powermonitor_500_alarm
WHERE time >= date_bin(INTERVAL '1 minute', now() - INTERVAL '4 minutes') AND time < date_bin(INTERVAL '1 minute', now())
GROUP BY date_bin(INTERVAL '1 minute', time), site, area, line, asset, meter, quality, phase
