import { PROVENANCES, UNITS } from '../../metrics/measurement';
import { Expect, isRecord } from '../../support/expect';
import { QUALITIES, QUALITY_REASONS } from '../quality/quality';
import { READING_SCHEMA, type Reading } from './reading';
import { TELEMETRY_SCHEMA, type Telemetry } from './telemetry';

const REASONS = Object.keys(QUALITY_REASONS);

/** Up to 512 bytes: no assembly is as long. */
const HEXADECIMAL = /^([0-9a-f]{2}){1,512}$/;

/** A telemetry has some hundreds; more would hold up everything. */
export const MOST_METRICS = 10_000;

const isOneOf = (choices: readonly string[], value: unknown): boolean => choices.includes(value as string);

function checkValue(expect: Expect, path: string, value: unknown): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    expect.fail(path, value, 'a finite number, text, true, false or null');
  }
}

/** Names that every object has: as the name of a metric one would be found where nobody put it. */
export const INHERITED_NAMES: readonly string[] = Object.getOwnPropertyNames(Object.prototype);
const INHERITED: ReadonlySet<string> = new Set(INHERITED_NAMES);

function refuseName(expect: Expect, path: string, name: string): never {
  return expect.fail(`${path}.${name}`, name, 'the name of a metric');
}

/** The reference to a meter that every message has. */
export function checkMeter(expect: Expect, value: unknown): void {
  const meter = expect.record('payload.meter', value);
  expect.text('payload.meter.name', meter['name']);
  expect.text('payload.meter.host', meter['host']);
  const tags = expect.record('payload.meter.tags', meter['tags']);
  for (const tag in tags) expect.text(`payload.meter.tags.${tag}`, tags[tag]);
  if (meter['catalogNumber'] !== undefined) expect.text('payload.meter.catalogNumber', meter['catalogNumber']);
  if (meter['serialNumber'] !== undefined) expect.finite('payload.meter.serialNumber', meter['serialNumber']);
  if (meter['firmware'] !== undefined) expect.text('payload.meter.firmware', meter['firmware']);
  if (meter['transport'] !== undefined) expect.text('payload.meter.transport', meter['transport']);
  if (meter['layout'] !== undefined) {
    const layout = expect.record('payload.meter.layout', meter['layout']);
    expect.text('payload.meter.layout.name', layout['name']);
    expect.flag('payload.meter.layout.confirmed', layout['confirmed']);
  }
  if (meter['identityMismatch'] !== undefined) expect.flag('payload.meter.identityMismatch', meter['identityMismatch']);
}

function checkBlock(expect: Expect, path: string, value: unknown): void {
  const block = expect.record(path, value);
  const place = block['register'] === undefined ? 'assembly' : 'register';
  expect.finite(`${path}.${place}`, block[place]);
  if (place === 'register' && block['assembly'] !== undefined) {
    expect.fail(`${path}.assembly`, block['assembly'], 'nothing beside a register');
  }
  expect.text(`${path}.group`, block['group']);
  expect.finite(`${path}.timestamp`, block['timestamp']);
  if (block['uptimeMs'] !== undefined) expect.finite(`${path}.uptimeMs`, block['uptimeMs']);
  expect.finite(`${path}.latencyMs`, block['latencyMs']);
  const values = expect.record(`${path}.values`, block['values']);
  for (const name in values) {
    if (!Number.isFinite(values[name])) checkValue(expect, `${path}.values.${name}`, values[name]);
  }
  const provenance = expect.record(`${path}.provenance`, block['provenance']);
  for (const name in provenance) {
    if (INHERITED.has(name)) refuseName(expect, `${path}.provenance`, name);
    if (isOneOf(PROVENANCES, provenance[name])) continue;
    expect.choice(`${path}.provenance.${name}`, provenance[name], PROVENANCES);
  }
  if (block['raw'] !== undefined && (typeof block['raw'] !== 'string' || !HEXADECIMAL.test(block['raw']))) {
    expect.fail(`${path}.raw`, block['raw'], 'bytes as hexadecimal digits');
  }
  if (block['problems'] !== undefined) {
    const problems = expect.record(`${path}.problems`, block['problems']);
    for (const name in problems) expect.choice(`${path}.problems.${name}`, problems[name], REASONS);
  }
  if (block['error'] !== undefined) {
    const error = expect.record(`${path}.error`, block['error']);
    expect.text(`${path}.error.code`, error['code']);
    expect.text(`${path}.error.message`, error['message']);
  }
}

const readingExpect = new Expect('MESSAGE_INVALID', 'send the message of a pm500-poll node.');

/**
 * Accepts a reading that came with a message.
 * @throws Pm500Error MESSAGE_INVALID naming the path
 */
export function parseReading(payload: unknown): Reading {
  const expect = readingExpect;
  const reading = expect.record('payload', payload);
  expect.choice('payload.schema', reading['schema'], [READING_SCHEMA]);
  checkMeter(expect, reading['meter']);
  const layout = expect.record('payload.layout', reading['layout']);
  expect.text('payload.layout.name', layout['name']);
  expect.flag('payload.layout.confirmed', layout['confirmed']);
  expect.finite('payload.timestamp', reading['timestamp']);
  if (reading['bootId'] !== undefined) expect.text('payload.bootId', reading['bootId']);
  const blocks = expect.array('payload.blocks', reading['blocks']);
  for (let index = 0; index < blocks.length; index++) checkBlock(expect, `payload.blocks[${index}]`, blocks[index]);
  if (reading['definitions'] !== undefined) {
    const definitions = expect.array('payload.definitions', reading['definitions']);
    definitions.forEach((value, index) => {
      const path = `payload.definitions[${index}]`;
      const metric = expect.record(path, value);
      expect.text(`${path}.name`, metric['name']);
      expect.choice(`${path}.unit`, metric['unit'], UNITS);
      if (metric['range'] === undefined) return;
      const range = expect.record(`${path}.range`, metric['range']);
      expect.finite(`${path}.range.min`, range['min']);
      expect.finite(`${path}.range.max`, range['max']);
    });
  }
  return payload as Reading;
}

const telemetryExpect = new Expect('MESSAGE_INVALID', 'send the message of a pm500-normalize node.');

/** The common case without building a single path; whatever fails here is explained by `checkSample`. */
function isSample(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const content = value['value'];
  return (
    (content === null || typeof content === 'boolean' || typeof content === 'string' || Number.isFinite(content)) &&
    isOneOf(UNITS, value['unit']) &&
    isOneOf(QUALITIES, value['quality']) &&
    isOneOf(PROVENANCES, value['provenance']) &&
    Number.isFinite(value['timestamp']) &&
    (value['reason'] === undefined || isOneOf(REASONS, value['reason'])) &&
    (value['spanMs'] === undefined || Number.isFinite(value['spanMs']))
  );
}

function checkSample(expect: Expect, path: string, value: unknown): void {
  const sample = expect.record(path, value);
  checkValue(expect, `${path}.value`, sample['value']);
  expect.choice(`${path}.unit`, sample['unit'], UNITS);
  expect.choice(`${path}.quality`, sample['quality'], QUALITIES);
  if (sample['reason'] !== undefined) expect.choice(`${path}.reason`, sample['reason'], REASONS);
  expect.choice(`${path}.provenance`, sample['provenance'], PROVENANCES);
  expect.finite(`${path}.timestamp`, sample['timestamp']);
  if (sample['spanMs'] !== undefined) expect.finite(`${path}.spanMs`, sample['spanMs']);
}

/**
 * Accepts telemetry that came with a message.
 * @throws Pm500Error MESSAGE_INVALID naming the path
 */
export function parseTelemetry(payload: unknown): Telemetry {
  const expect = telemetryExpect;
  const telemetry = expect.record('payload', payload);
  expect.choice('payload.schema', telemetry['schema'], [TELEMETRY_SCHEMA]);
  checkMeter(expect, telemetry['meter']);
  expect.finite('payload.timestamp', telemetry['timestamp']);
  const metrics = expect.record('payload.metrics', telemetry['metrics']);
  let count = 0;
  for (const name in metrics) {
    count += 1;
    if (count > MOST_METRICS) expect.fail('payload.metrics', metrics, `at most ${MOST_METRICS} metrics`);
    if (INHERITED.has(name)) refuseName(expect, 'payload.metrics', name);
    if (!isSample(metrics[name])) checkSample(expect, `payload.metrics.${name}`, metrics[name]);
  }
  return payload as Telemetry;
}
