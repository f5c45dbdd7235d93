import type { NodeAPI } from 'node-red';
import { testDatabase } from '../../src/influx/database-test';
import { systemClock } from '../../src/support/clock';
import type { ConnectionTest } from '../../src/support/connection-test';
import { plain } from '../../src/support/sentence';
import { readSenderSettings } from '../influx-target/read-settings';
import { ConfigReader } from './config';
import { knownValues } from './form-values';
import { givenSecrets } from './form-secrets';
import { LONGEST_TEST_MS, readSentForm, TestTurns } from './test-turns';

const turns = new TestTurns();

/** What decides where a stored secret may be sent. */
const WHERE = ['url', 'proxy', 'tls', 'api', 'path'] as const;

/**
 * Tries the InfluxDB of a form, deployed or not, with the secrets that are typed, and else with those that are stored.
 * @throws Pm500Error CONFIG_INVALID, one sentence
 */
export function testFormDatabase(
  RED: NodeAPI,
  body: unknown,
  _isAnywhere: boolean,
  signal: AbortSignal,
): Promise<ConnectionTest> {
  return turns.take(async () => {
    const { form, secrets } = readSentForm(body);
    const warnings: string[] = [];
    const node = {
      credentials: givenSecrets(RED, 'influx-target', form, secrets, WHERE),
      warn: (sentence: unknown) => {
        warnings.push(String(sentence));
      },
    };
    const config = new ConfigReader('influx-target', knownValues(RED, form));
    const settings = config.collect(() => readSenderSettings(RED, config, node));
    const timeoutMs = Math.min(settings.timeoutMs, LONGEST_TEST_MS);
    const test = await testDatabase({ ...settings, timeoutMs }, systemClock, signal);
    return { ...test, notes: [...test.notes, ...warnings.map(plain)] };
  });
}
