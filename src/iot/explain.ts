import { hasCode, Pm500Error } from '../support/errors';
import type { Profile } from './profiles';

/** What AWS IoT Core does not say: it closes the connection, or gives the reason "not authorized", for each of these. */
const AWS_ADVICE =
  'AWS IoT Core does this where the certificate is not active, has no policy that allows iot:Connect with this client ID, or is not that of the thing';

/** The same error with what else may be the cause. */
export function explainFailure(error: Pm500Error, profile: Profile, concern: string): Pm500Error {
  const isClosed = hasCode(error, 'MQTT_CONNECTION_LOST', 'MQTT_REFUSED') && !error.retryable;
  const isEnded = hasCode(error, 'MQTT_CONNECTION_LOST') && error.details['reasonCode'] === undefined;
  const advice = profile === 'aws-iot-core' && (isClosed || isEnded) ? AWS_ADVICE : '';
  const isSecurity = hasCode(error, 'MQTT_TLS_FAILED', 'MQTT_REFUSED', 'MQTT_CONNECTION_LOST');
  const further = [advice, isSecurity ? concern : ''].filter((each) => each !== '');
  if (further.length === 0) return error;
  const { code, message, cause, retryable } = error;
  // Closed without a word before it stood, with a certificate that is not valid: only a person mends that.
  const needsPerson = concern !== '' && isEnded && cause === undefined;
  const details = { ...error.details, ...(needsPerson ? { needsPerson } : {}) };
  return new Pm500Error(code, [message, ...further.map((each) => `${each}.`)].join(' '), { cause, retryable, details });
}
