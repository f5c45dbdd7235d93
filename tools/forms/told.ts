import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCAN_SENTENCES } from '../../nodes/shared/admin';
import { BROKER_PAGE_SENTENCES } from '../../nodes/shared/broker-pages';
import { DOCTOR_RUN_SENTENCES } from '../../nodes/shared/doctor-run';
import { LAYOUT_CHECK_SENTENCES } from '../../nodes/shared/layout-check-page';
import { FORM_SENTENCES } from '../../nodes/shared/test-turns';
import { LIVE_SENTENCES } from '../../src/acquisition/meter-test/live-meters';
import { DEVICE_WORDS } from '../../src/acquisition/meter-test/gather-evidence';
import { TEST_NOTES } from '../../src/acquisition/meter-test/test-meter';
import { NEARBY_SENTENCES } from '../../src/acquisition/scan/scan-limits';
import { DOCTOR_CHECKS } from '../../src/doctor/checks';
import { BACKUP_FINDINGS } from '../../src/doctor/checks/backups';
import { CERTIFICATE_FINDINGS } from '../../src/doctor/checks/certificates';
import { DELIVERY_FINDINGS } from '../../src/doctor/checks/delivery';
import { DIRECTORY_FINDINGS } from '../../src/doctor/checks/directory';
import { FLOW_FINDINGS } from '../../src/doctor/checks/flows';
import { GENTLENESS_FINDINGS } from '../../src/doctor/checks/gentleness';
import { HOST_FINDINGS } from '../../src/doctor/checks/host';
import { METER_FINDINGS } from '../../src/doctor/checks/meters';
import { SECURITY_FINDINGS } from '../../src/doctor/checks/security';
import { SERVER_FINDINGS } from '../../src/doctor/checks/servers';
import { SERVICE_FINDINGS } from '../../src/doctor/checks/service';
import { SETTINGS_FINDINGS } from '../../src/doctor/checks/settings-file';
import { VALUE_FINDINGS } from '../../src/doctor/checks/values';
import { DOCTOR_SENTENCES } from '../../src/doctor/doctor-sentences';
import { LOOK_WORDS } from '../../src/doctor/looked';
import { CAUSE_REMEDIES, CAUSE_SENTENCES } from '../../src/domain/causes/diagnose';
import { DATABASE_SENTENCES } from '../../src/influx/database-test';
import { CANDIDATE_SENTENCES, LAYOUT_SENTENCES, RELATION_SENTENCES } from '../../src/domain/layout-check/sentences';
import { EXPOSED_SENTENCES } from '../../src/influx/exposed-secrets';
import { INFLUX_SENTENCES, INFLUX_WORDS } from '../../src/influx/words';
import { TARGET_TEST_SENTENCES } from '../../src/iot/broker-test';
import { ADVICE_SENTENCES } from '../../src/iot/explain';
import { PM500 } from '../../src/meters/pm500';
import {
  ALL_METRICS,
  PERIODS,
  periodMetricOf,
  tariffEnergyBase,
  tariffMetrics,
} from '../../src/metrics/derived-metrics';
import { MQTT_SENTENCES, MQTT_WORDS } from '../../src/mqtt/mqtt-words';
import { HOST_SENTENCES } from '../../src/sparkplug/edge/host-state';
import { EDGE_TEST_SENTENCES } from '../../src/sparkplug/mqtt/broker-look';
import type { SentenceTable } from '../../src/support/sentence';
import { ERROR_EXPLANATIONS } from '../troubleshooting/errors';
import type { Catalog } from './html';
import { merge } from './merge';
import type { Language } from './languages';

/** Every table of sentences that forms, sidebar or widgets show. */
export const SENTENCE_TABLES: readonly Pick<SentenceTable, 'subject' | 'templates'>[] = [
  CAUSE_SENTENCES,
  CAUSE_REMEDIES,
  DEVICE_WORDS,
  TEST_NOTES,
  LIVE_SENTENCES,
  SCAN_SENTENCES,
  NEARBY_SENTENCES,
  LAYOUT_CHECK_SENTENCES,
  FORM_SENTENCES,
  BROKER_PAGE_SENTENCES,
  DATABASE_SENTENCES,
  INFLUX_SENTENCES,
  INFLUX_WORDS,
  MQTT_SENTENCES,
  MQTT_WORDS,
  HOST_SENTENCES,
  EDGE_TEST_SENTENCES,
  TARGET_TEST_SENTENCES,
  ADVICE_SENTENCES,
  RELATION_SENTENCES,
  LAYOUT_SENTENCES,
  CANDIDATE_SENTENCES,
  DOCTOR_SENTENCES,
  DOCTOR_RUN_SENTENCES,
  LOOK_WORDS,
  HOST_FINDINGS,
  SERVICE_FINDINGS,
  DIRECTORY_FINDINGS,
  FLOW_FINDINGS,
  SETTINGS_FINDINGS,
  SECURITY_FINDINGS,
  CERTIFICATE_FINDINGS,
  DELIVERY_FINDINGS,
  BACKUP_FINDINGS,
  SERVER_FINDINGS,
  METER_FINDINGS,
  GENTLENESS_FINDINGS,
  VALUE_FINDINGS,
  EXPOSED_SENTENCES,
];

const labels = new Map(tariffMetrics(['{name}']).map(({ name, label }) => [name, label]));

/** What a metric of a tariff of the site is called, by period. */
const TARIFF = Object.fromEntries(
  PERIODS.flatMap((period) =>
    [false, true].map((ended) => [
      ended ? `last_${period}` : period,
      labels.get(periodMetricOf(tariffEnergyBase('{name}'), period, ended)) ?? '',
    ]),
  ),
);

/** English stands where it belongs: beside the code that says it, in the tables of metrics and alarms. */
function english(): Catalog {
  const nominal = { lineToNeutralVolts: 1, frequencyHz: 50, ratedAmperes: 1 } as const;
  return {
    metric: Object.fromEntries(ALL_METRICS.map(({ name, label }) => [name, label])),
    tariff: TARIFF,
    alarm: Object.fromEntries(PM500.defaultAlarms(nominal).map(({ id, message }) => [id, message])),
    ...Object.fromEntries(SENTENCE_TABLES.map(({ subject, templates }) => [subject, templates])),
    assembly: Object.fromEntries(PM500.layout.assemblies.map(({ instance, title }) => [String(instance), title])),
    candidate: Object.fromEntries(PM500.energy.candidates.map(({ name, description }) => [name, description])),
    doctorCheck: Object.fromEntries(DOCTOR_CHECKS.map(({ id, title, remedy }) => [id, { title, remedy }])),
    code: Object.fromEntries(Object.keys(ERROR_EXPLANATIONS).map((code) => [code, '{detail}'])),
  };
}

/** What the server tells by a key and values, in a language. */
export function toldCatalog(root: string, language: Language): Catalog {
  const written = JSON.parse(readFileSync(join(root, `nodes/shared/told/${language}.json`), 'utf8')) as Catalog;
  return language === 'en-US' ? merge(english(), written) : written;
}

/** What of that the widgets of a dashboard show. */
const OF_WIDGETS = ['metric', 'tariff', 'alarm', 'reason', 'group', 'state'] as const;

export function toldByWidgets(root: string, language: Language): Catalog {
  const whole = toldCatalog(root, language);
  return Object.fromEntries(OF_WIDGETS.map((name) => [name, whole[name] ?? {}]));
}
