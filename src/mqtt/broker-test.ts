import type { Clock } from '../support/clock';
import type { Pm500Error } from '../support/errors';
import { explainMqttError } from './mqtt-errors';
import type { MqttConnect } from './mqtt-link';
import { clientOptions, type BrokerSettings } from './mqtt-options';

/**
 * Connects once, as a client of its own, and leaves: nothing is published and nothing subscribed.
 * @returns why the broker does not take the connection; undefined where it does
 */
export function testBroker(
  settings: BrokerSettings,
  { connect, clock, signal }: { readonly connect: MqttConnect; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<Pm500Error | undefined> {
  const broker = `${settings.host}:${settings.port}`;
  return new Promise((resolve) => {
    const client = connect(clientOptions(settings));
    const finish = (problem: Pm500Error | undefined): void => {
      timer.cancel();
      signal.removeEventListener('abort', giveUp);
      client.end(true);
      resolve(problem);
    };
    const late = (): void => {
      finish(explainMqttError(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }), broker));
    };
    const giveUp = late;
    const timer = clock.after(settings.connectTimeoutMs, late);
    client.once('connect', () => {
      finish(undefined);
    });
    client.on('error', (error) => {
      finish(explainMqttError(error, broker));
    });
    client.once('close', () => {
      finish(explainMqttError(undefined, broker));
    });
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    else client.connect();
  });
}
