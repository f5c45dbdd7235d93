import { alarmMeasurement, ALARM_TAG } from '../../src/influx/alarm-points';
import { kpiMeasurement, QUALITY_TAG } from '../../src/influx/mapping';
import { queryFlux } from './flux-query';
import { type InfluxAccess, type RowQuery, type StoredQuery, withSlash } from './influx-access';
import { collect, type Row, type StoredSamples } from './stored-samples';
import { exportSeries } from '../../testkit/servers/victoria-metrics-query';

/** Of an alarm, fields that are numbers: some databases keep no others. */
const ALARM_FIELDS = ['active', 'since'] as const;

/**
 * VictoriaMetrics: one series for each field, named after measurement and field. The names of KPIs and alarms begin as
 * those of values do; a list of `others` and the tag that only alarms have keep them apart.
 */
async function queryVictoriaMetrics(
  access: InfluxAccess,
  { influxMeasurement, meter, since, tag, fields }: RowQuery,
  others: readonly string[],
): Promise<readonly Row[]> {
  const prefix = `${influxMeasurement}_`;
  const names = fields === undefined ? '.*' : `(${fields.join('|')})`;
  const without = others.map((other) => `__name__!~"${other}_.*"`);
  const alarm = tag === ALARM_TAG ? `${ALARM_TAG}!=""` : `${ALARM_TAG}=""`;
  const selector = [`meter="${meter}"`, alarm, `__name__=~"${prefix}${names}"`, ...without].join(',');
  const series = await exportSeries(access.url, `{${selector}}`);
  return series.flatMap(({ metric, timestamps, values }) =>
    timestamps
      .map((timestamp, index) => ({
        field: (metric['__name__'] ?? '').slice(prefix.length),
        tag: metric[tag] ?? '',
        timestamp,
        value: values[index],
      }))
      .filter(({ timestamp }) => timestamp >= since),
  );
}

/** Whether this is a VictoriaMetrics, which takes InfluxDB's writes but not its queries. */
export async function isVictoriaMetrics({ url }: InfluxAccess): Promise<boolean> {
  const response = await fetch(new URL('api/v1/query?query=1', withSlash(url)));
  return response.ok && (await response.text()).includes('"resultType"');
}

/**
 * Everything that a database holds of one meter: values, KPIs, how many were bad, and alarms. VictoriaMetrics shows a
 * sample that was written twice as two.
 */
export async function querySamples(access: InfluxAccess, query: StoredQuery): Promise<StoredSamples> {
  const isVictoria = await isVictoriaMetrics(access);
  const ask = (rows: RowQuery, others: readonly string[] = []): Promise<readonly Row[]> =>
    isVictoria ? queryVictoriaMetrics(access, rows, others) : queryFlux(access, rows);
  const kpis = kpiMeasurement(query.influxMeasurement);
  const alarms = alarmMeasurement(query.influxMeasurement);
  return collect({
    read: await ask({ ...query, tag: QUALITY_TAG }, [kpis]),
    derived: await ask({ ...query, influxMeasurement: kpis, tag: QUALITY_TAG }),
    alarms: await ask({ ...query, influxMeasurement: alarms, tag: ALARM_TAG, fields: ALARM_FIELDS }),
  });
}
