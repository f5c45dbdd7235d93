-- Generated from the meter table by tools/influxdb; do not edit: npx tsx tools/influxdb/main.ts
-- Columns and tags that no point has had yet do not exist in InfluxDB 3: leave them out. Write the result to
-- powermonitor_500_alarm_day; keep it forever.
-- Put the time zone of the site in the place of TIME ZONE, for instance Europe/Berlin.
SELECT
  date_trunc('day', tz(time, 'TIME ZONE')) AS time, site, area, line, asset, meter, quality, phase,
  min(active_min) AS active_min,
  max(active_max) AS active_max,
  last_value(active_last ORDER BY time) FILTER (WHERE active_last IS NOT NULL) AS active_last,
  sum(active_count) AS active_count,
  sum(raised_sum) AS raised_sum,
  min(value_min) AS value_min,
  max(value_max) AS value_max,
  last_value(value_last ORDER BY time) FILTER (WHERE value_last IS NOT NULL) AS value_last,
  last_value(limit_last ORDER BY time) FILTER (WHERE limit_last IS NOT NULL) AS limit_last,
  min(judged_min) AS judged_min,
  last_value(judged_last ORDER BY time) FILTER (WHERE judged_last IS NOT NULL) AS judged_last,
  last_value(since_last ORDER BY time) FILTER (WHERE since_last IS NOT NULL) AS since_last,
  last_value(unjudged_since_last ORDER BY time) FILTER (WHERE unjudged_since_last IS NOT NULL) AS unjudged_since_last,
  last_value(acknowledged_last ORDER BY time) FILTER (WHERE acknowledged_last IS NOT NULL) AS acknowledged_last,
  last_value(latched_last ORDER BY time) FILTER (WHERE latched_last IS NOT NULL) AS latched_last,
  last_value(state_last ORDER BY time) FILTER (WHERE state_last IS NOT NULL) AS state_last,
  last_value(event_last ORDER BY time) FILTER (WHERE event_last IS NOT NULL) AS event_last,
  last_value(message_last ORDER BY time) FILTER (WHERE message_last IS NOT NULL) AS message_last,
  last_value(metric_last ORDER BY time) FILTER (WHERE metric_last IS NOT NULL) AS metric_last,
  last_value(quality_last ORDER BY time) FILTER (WHERE quality_last IS NOT NULL) AS quality_last,
  last_value(reason_last ORDER BY time) FILTER (WHERE reason_last IS NOT NULL) AS reason_last
FROM powermonitor_500_alarm_15m
WHERE time >= date_trunc('day', tz(now() - INTERVAL '3 days', 'TIME ZONE')) AND time < date_trunc('day', tz(now(), 'TIME ZONE'))
GROUP BY date_trunc('day', tz(time, 'TIME ZONE')), site, area, line, asset, meter, quality, phase
