import { randomUUID } from 'node:crypto';
import type { NodeAPI } from 'node-red';
import { LiveMeters, type LiveAnswer } from '../../src/acquisition/meter-test/live-meters';
import { testMeter, type MeterTest } from '../../src/acquisition/meter-test/test-meter';
import { nearbyAddress } from '../../src/acquisition/scan/scan-limits';
import type { MeterChoice } from '../../src/acquisition/meter-settings';
import { resolveSystemHost } from '../../src/acquisition/resolve-host';
import { PM500 } from '../../src/meters/pm500';
import { systemClock } from '../../src/support/clock';
import { isRecord } from '../../src/support/expect';
import { readMeterChoice } from '../pm500-meter/read-choice';
import { ConfigReader } from './config';
import { knownValues } from './form-values';
import { sharedMeters } from './meters';
import { readSentForm, TestTurns } from './test-turns';

const turns = new TestTurns();
let live: LiveMeters | undefined;

function liveMeters(RED: NodeAPI): LiveMeters {
  live ??= new LiveMeters({ model: PM500, registry: sharedMeters(RED), clock: systemClock, newId: randomUUID });
  return live;
}

/**
 * What the form of a meter shows, deployed or not.
 * @throws Pm500Error CONFIG_INVALID, one sentence
 */
function readForm(RED: NodeAPI, body: unknown): MeterChoice {
  const shown = knownValues(RED, readSentForm(body).form);
  const { name, host, serialPath } = shown;
  // Whoever tries an address need not have thought of a name.
  const called = [name, host, serialPath].find((each) => typeof each === 'string' && each.trim() !== '');
  const config = new ConfigReader('pm500-meter', { ...shown, name: called ?? '' });
  return config.collect(() => readMeterChoice(config));
}

/**
 * The choice, with an address in place of a name. Where a person of the plant has no reason to ask is not asked, unless a
 * meter is configured there.
 */
async function withinReach(RED: NodeAPI, choice: MeterChoice, isAnywhere: boolean): Promise<MeterChoice> {
  if (isAnywhere || choice.transport === 'modbus-rtu' || sharedMeters(RED).isUsed(choice.host)) return choice;
  return { ...choice, host: await nearbyAddress(choice.host, resolveSystemHost) };
}

/**
 * Tries the meter of a form.
 * @throws Pm500Error CONFIG_INVALID, one sentence
 */
export function testFormMeter(
  RED: NodeAPI,
  body: unknown,
  isAnywhere: boolean,
  signal: AbortSignal,
): Promise<MeterTest> {
  return turns.take(async () => {
    const choice = await withinReach(RED, readForm(RED, body), isAnywhere);
    const sources = { model: PM500, registry: sharedMeters(RED), clock: systemClock, resolveHost: resolveSystemHost };
    return testMeter(choice, sources, isRecord(body) && body['connections'] === true, signal);
  });
}

/**
 * Values of the meter of a form as they are now.
 * @param signal whoever asked has gone
 * @throws Pm500Error coded, one sentence
 */
export async function lookAtFormMeter(
  RED: NodeAPI,
  body: unknown,
  isAnywhere: boolean,
  signal: AbortSignal,
): Promise<LiveAnswer> {
  const choice = await withinReach(RED, readForm(RED, body), isAnywhere);
  const id = isRecord(body) && typeof body['id'] === 'string' ? body['id'] : undefined;
  const answer = await liveMeters(RED).look(choice, id);
  if (signal.aborted) await liveMeters(RED).leave(answer.id);
  return answer;
}

/** The dialog is closed. */
export function leaveFormMeter(RED: NodeAPI, id: string): Promise<void> {
  return liveMeters(RED).leave(id);
}
