import type { NodeAPI } from 'node-red';
import { testDatabase, type DatabaseTest } from '../../src/influx/database-test';
import { systemClock } from '../../src/support/clock';
import { Pm500Error } from '../../src/support/errors';
import { isRecord } from '../../src/support/expect';
import { readSenderSettings } from '../influx-target/read-settings';
import { ConfigReader } from './config';
import { knownValues } from './form-values';
import { givenSecrets } from './form-secrets';

/** Tests at a time. */
const MOST_TESTS = 4;
/** Nobody waits longer at a form, whatever the timeout of the target. */
const LONGEST_TEST_MS = 10_000;
let testing = 0;

/** What decides where a stored secret may be sent. */
const WHERE = ['url', 'proxy', 'tls', 'api', 'path'] as const;

/**
 * Tries the InfluxDB of a form, deployed or not, with the secrets that are typed, and else with those that are stored.
 * @throws Pm500Error CONFIG_INVALID, one sentence
 */
export async function testFormDatabase(
  RED: NodeAPI,
  body: unknown,
  _isAnywhere: boolean,
  signal: AbortSignal,
): Promise<DatabaseTest> {
  const form = isRecord(body) ? body['form'] : undefined;
  if (!isRecord(form)) throw new Pm500Error('CONFIG_INVALID', 'The form is missing; send it as "form".');
  if (testing >= MOST_TESTS) {
    throw new Pm500Error('CONFIG_INVALID', `${MOST_TESTS} tests are running already; try again when they have ended.`);
  }
  testing++;
  try {
    const warnings: string[] = [];
    const node = {
      credentials: givenSecrets(RED, 'influx-target', form, isRecord(body) ? body['secrets'] : undefined, WHERE),
      warn: (sentence: unknown) => {
        warnings.push(String(sentence));
      },
    };
    const config = new ConfigReader('influx-target', knownValues(RED, form));
    const settings = config.collect(() => readSenderSettings(RED, config, node));
    const timeoutMs = Math.min(settings.timeoutMs, LONGEST_TEST_MS);
    const test = await testDatabase({ ...settings, timeoutMs }, systemClock, signal);
    return { ...test, notes: [...test.notes, ...warnings] };
  } finally {
    testing--;
  }
}
