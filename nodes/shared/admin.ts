import { networkInterfaces } from 'node:os';
import type { NodeAPI } from 'node-red';
import { checkScan } from '../../src/acquisition/scan/scan-limits';
import { SCAN_DEFAULTS, scanNetwork, type ScanRequest } from '../../src/acquisition/scan/scan-request';
import type { ScanResult } from '../../src/acquisition/scan/scan';
import type { MeterDiagnostics } from '../../src/domain/diagnostics/diagnostics';
import { diagnosticsMetrics } from '../../src/domain/diagnostics/diagnostics-metrics';
import { METRICS_CONTENT_TYPE, renderMetrics, type MetricFamily } from '../../src/domain/diagnostics/prometheus';
import { systemClock } from '../../src/support/clock';
import { Pm500Error, toPm500Error } from '../../src/support/errors';
import { sentences, type Sentence } from '../../src/support/sentence';
import { isRecord } from '../../src/support/expect';
import { checkForm } from './form-check-page';
import { certificateMetrics } from './certificate-metrics';
import { diskMetrics } from './disk-metrics';
import { registerDoctorPage } from './doctor-page';
import { lastDoctorMetrics } from './doctor-run';
import { checkMeterLayout } from './layout-check-page';
import { testFormEdge, testFormTarget } from './broker-pages';
import { testFormDatabase } from './influx-page';
import { leaveFormMeter, lookAtFormMeter, testFormMeter } from './meter-pages';
import { describeStore } from './store-page';
import { processLogger } from './logger';
import { registerOverviewPages } from './overview-pages';
import { PM500 } from '../../src/meters/pm500';

/** What `GET pm500/scan` answers; `error` with status 400 when nothing could be asked. */
export interface ScanAnswer {
  readonly devices: ScanResult['devices'];
  /** Networks that could not be asked, a sentence each. */
  readonly failures: readonly Sentence[];
  /** Where was asked, as "10.20.1.255 (eth0)". */
  readonly asked: readonly string[];
  /** What `?interface=` may name. */
  readonly interfaces: readonly string[];
}

/** Who may look: Node-RED grants it to `*`, and to `pm500.read` where permissions are listed one by one. */
const PERMISSION = 'pm500.read';
/** Who may have something sent, to find meters or to check one: a permission of its own, which one to read does not include. */
const SEND_PERMISSION = 'pm500.scan';
/** Who may have a database or a broker tried, which may be anywhere. */
const TEST_PERMISSION = 'pm500.test';
/** Who may acknowledge alarms. */
const ACKNOWLEDGE_PERMISSION = 'pm500.acknowledge';
/** Who may have this Node-RED examined: the report tells where it is weak. */
const DOCTOR_PERMISSION = 'pm500.doctor';
/** Who may deploy may have a form checked, which tells whether files are there. */
const DEPLOY_PERMISSION = 'flows.write';
const MOST_SCANS = 2;
export const SCAN_SENTENCES = sentences('scan', {
  tooMany: '{most} scans are running already; try again when they have ended.',
});

const sources = new Set<() => readonly MetricFamily[]>();
const meters = new Set<() => readonly MeterDiagnostics[]>();
const equipped = new WeakSet();
const scans = new Map<string, Promise<ScanResult>>();

/** Adds to what `GET pm500/metrics` tells; the function that is returned takes it away again. */
export function addMetrics(source: () => readonly MetricFamily[]): () => void {
  sources.add(source);
  return () => void sources.delete(source);
}

/** The same for meters; what several nodes say of one meter is told once. */
export function addDiagnostics(source: () => readonly MeterDiagnostics[]): () => void {
  meters.add(source);
  return () => void meters.delete(source);
}

function metricsNow(RED: NodeAPI): string {
  const diagnosed = [...meters].flatMap((source) => source());
  return renderMetrics([
    ...diagnosticsMetrics(diagnosed),
    ...[...sources].flatMap((source) => source()),
    ...certificateMetrics(RED),
    ...diskMetrics(RED),
    ...lastDoctorMetrics(),
  ]);
}

const listOf = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [value]).filter((item): item is string => typeof item === 'string' && item !== '');

/** `pm500: { scanAnywhere: true }` in settings.js lets public addresses be asked. */
function mayScanAnywhere(RED: NodeAPI): boolean {
  const settings: unknown = RED.settings;
  const own = isRecord(settings) ? settings['pm500'] : undefined;
  return isRecord(own) && own['scanAnywhere'] === true;
}

/** People who press the button at once share one scan. */
async function scanOnce(RED: NodeAPI, query: Readonly<Record<string, unknown>>): Promise<ScanResult> {
  const { port, timeoutMs } = SCAN_DEFAULTS;
  const request: ScanRequest = {
    addresses: listOf(query['address']),
    interfaces: listOf(query['interface']),
    port: Number(listOf(query['port'])[0] ?? port),
    timeoutMs,
  };
  checkScan(request, mayScanAnywhere(RED));
  const key = JSON.stringify(request);
  const running = scans.get(key);
  if (running === undefined && scans.size >= MOST_SCANS) {
    throw new Pm500Error('CONFIG_INVALID', SCAN_SENTENCES.say('tooMany', { most: MOST_SCANS }));
  }
  const shared =
    running ??
    scanNetwork(PM500, request, { clock: systemClock, logger: processLogger(RED) }).finally(() => scans.delete(key));
  scans.set(key, shared);
  return shared;
}

type FormPage = (RED: NodeAPI, body: unknown, isAnywhere: boolean, signal: AbortSignal) => Promise<object>;

/** Pages that a form asks with what it shows; they end with whoever asked. */
const FORM_PAGES: Readonly<Record<string, FormPage>> = {
  '/pm500/meter-test': testFormMeter,
  '/pm500/live': lookAtFormMeter,
  '/pm500/influx-test': testFormDatabase,
  '/pm500/sparkplug-test': testFormEdge,
  '/pm500/iot-test': testFormTarget,
};
/** Those that ask a server, which may be anywhere. */
const SERVER_PAGES: readonly FormPage[] = [testFormDatabase, testFormEdge, testFormTarget];

function registerFormPages(RED: NodeAPI): void {
  const { httpAdmin, auth } = RED;
  const maySend = auth.needsPermission(SEND_PERMISSION);
  const mayTest = auth.needsPermission(TEST_PERMISSION);
  for (const [path, ask] of Object.entries(FORM_PAGES)) {
    httpAdmin.post(path, SERVER_PAGES.includes(ask) ? mayTest : maySend, (request, response) => {
      const left = new AbortController();
      response.on('close', () => {
        left.abort();
      });
      ask(RED, request.body, mayScanAnywhere(RED), left.signal).then(
        (answer) => {
          if (!left.signal.aborted) response.json(answer);
        },
        (thrown: unknown) => {
          if (!left.signal.aborted) response.status(400).json({ error: toPm500Error(thrown).sentence });
        },
      );
    });
  }
  httpAdmin.post('/pm500/form-check', auth.needsPermission(DEPLOY_PERMISSION), (request, response) => {
    try {
      response.json(checkForm(RED, request.body));
    } catch (thrown) {
      response.status(400).json({ error: toPm500Error(thrown).sentence });
    }
  });
  httpAdmin.delete('/pm500/live/:id', maySend, (request, response) => {
    void leaveFormMeter(RED, String(request.params['id'])).then(() => response.json({}));
  });
}

/**
 * Adds our pages below Node-RED's admin root, once for all nodes: `pm500/metrics`, `pm500/scan`,
 * `pm500/meters/:id/layout-check`, `pm500/stores/:id`, `pm500/overview`, `pm500/doctor`, and what forms ask.
 */
export function registerAdmin(RED: NodeAPI): void {
  const { httpAdmin, auth } = RED;
  if (equipped.has(httpAdmin)) return;
  equipped.add(httpAdmin);
  registerFormPages(RED);
  registerOverviewPages(RED, PERMISSION, ACKNOWLEDGE_PERMISSION);
  registerDoctorPage(RED, DOCTOR_PERMISSION);
  const mayRead = auth.needsPermission(PERMISSION);
  const maySend = auth.needsPermission(SEND_PERMISSION);
  httpAdmin.get('/pm500/metrics', mayRead, (_request, response) => {
    response.type(METRICS_CONTENT_TYPE).send(metricsNow(RED));
  });
  httpAdmin.get('/pm500/stores/:id', mayRead, (request, response) => {
    response.json(describeStore(RED, String(request.params['id'])));
  });
  httpAdmin.get('/pm500/scan', maySend, (request, response) => {
    const interfaces = Object.keys(networkInterfaces());
    scanOnce(RED, request.query).then(
      ({ devices, failures, unreadable, asked }) => {
        const sentences = [...failures, ...unreadable].map(({ sentence }) => sentence);
        const answer: ScanAnswer = { devices, failures: sentences, asked, interfaces };
        response.json(answer);
      },
      (thrown: unknown) => {
        response.status(400).json({ error: toPm500Error(thrown).sentence, interfaces });
      },
    );
  });
  httpAdmin.get('/pm500/meters/:id/layout-check', maySend, (request, response) => {
    const left = new AbortController();
    response.on('close', () => {
      left.abort();
    });
    // Whatever goes wrong is an outcome.
    void checkMeterLayout(RED, String(request.params['id']), request.query, processLogger(RED), left.signal).then(
      (outcome) => {
        if (left.signal.aborted) return;
        if ('error' in outcome) response.status(outcome.status).json({ error: outcome.error });
        else response.json(outcome);
      },
    );
  });
}
