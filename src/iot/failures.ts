import { Pm500Error } from '../support/errors';

export const aborted = (): Pm500Error =>
  new Pm500Error('ABORTED', 'Delivery was closed before the messages were sent; they stay in the outbox.');

export const unansweredPing = (broker: string, timeoutMs: number): Pm500Error =>
  new Pm500Error(
    'MQTT_NO_ACKNOWLEDGMENT',
    `The MQTT broker ${broker} has not answered a ping within ${timeoutMs} ms; check its load and the network.`,
    { retryable: true },
  );

export const recordTooLarge = (broker: string): Pm500Error =>
  new Pm500Error(
    'MQTT_RECORD_TOO_LARGE',
    `A record is larger than ${broker} takes in one message, and cannot be cut; raise the limit of the broker, or leave out what makes it large.`,
  );

export const abortedOnTheWay = (): Pm500Error =>
  new Pm500Error('ABORTED', 'Delivery was closed while messages were on their way; they stay in the outbox.');

export const unacknowledged = (broker: string, count: number, patienceMs: number): Pm500Error =>
  new Pm500Error(
    'MQTT_NO_ACKNOWLEDGMENT',
    `The MQTT broker ${broker} has acknowledged none of ${count} messages within ${patienceMs} ms; check its load, its limits and the network.`,
    { retryable: true },
  );
