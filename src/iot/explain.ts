import { hasCode, Pm500Error } from '../support/errors';
import { plain, sentences, type Sentence } from '../support/sentence';
import type { Profile } from './profiles';

/** What AWS IoT Core does not say: it closes the connection, or gives the reason "not authorized", for each of these. */
export const ADVICE_SENTENCES = sentences('iotAdvice', {
  aws: 'AWS IoT Core does this where the certificate is not active, has no policy that allows iot:Connect with this client ID, or is not that of the thing.',
  sameId:
    'It ended soon after it was made: where that repeats, another client may have the same client ID, or this one may not do what it does; give every client an ID of its own, and check its rights.',
  further: '{sentence} {advice}',
});
const { say } = ADVICE_SENTENCES;

/** The same error with what else may be the cause. */
export function explainFailure(error: Pm500Error, profile: Profile, concern: string): Pm500Error {
  const isClosed = hasCode(error, 'MQTT_CONNECTION_LOST', 'MQTT_REFUSED') && !error.retryable;
  const isEnded = hasCode(error, 'MQTT_CONNECTION_LOST') && error.details['reasonCode'] === undefined;
  const isSecurity = hasCode(error, 'MQTT_TLS_FAILED', 'MQTT_REFUSED', 'MQTT_CONNECTION_LOST');
  const further: readonly Sentence[] = [
    ...(profile === 'aws-iot-core' && (isClosed || isEnded) ? [say('aws')] : []),
    ...(isSecurity && concern !== '' ? [plain(`${concern}.`)] : []),
  ];
  if (further.length === 0) return error;
  const { code, cause, retryable } = error;
  // Closed without a word before it stood, with a certificate that is not valid: only a person mends that.
  const needsPerson = concern !== '' && isEnded && cause === undefined;
  const details = { ...error.details, ...(needsPerson ? { needsPerson } : {}) };
  const whole = further.reduce((sentence, advice) => say('further', { sentence, advice }), error.sentence);
  return new Pm500Error(code, whole, { cause, retryable, details });
}

/** The same error of a broker that ends a connection soon and says no reason, as some do where two clients have one ID. */
export function explainEnds(error: Pm500Error): Pm500Error {
  const { code, sentence, cause, retryable, details } = error;
  const whole = say('further', { sentence, advice: say('sameId') });
  return new Pm500Error(code, whole, { cause, retryable, details });
}
