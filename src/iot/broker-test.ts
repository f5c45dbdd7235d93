import type { PortQuestions } from '../mqtt/ask-port';
import type { BrokerSettings } from '../mqtt/mqtt-options';
import { tryBroker } from '../mqtt/try-broker';
import type { Surroundings } from '../mqtt/visit-broker';
import type { ConnectionTest } from '../support/connection-test';
import { toPm500Error, type Pm500Error } from '../support/errors';
import { plain, sentences } from '../support/sentence';
import { explainFailure } from './explain';
import type { Profile } from './profiles';

export const TARGET_TEST_SENTENCES = sentences('targetTest', {
  welcome: 'The MQTT broker {broker} accepts this client.',
  notPublished:
    'Nothing was published, so whether this client may publish on the topics of its iot-out nodes was not tried.',
  limit: 'It takes messages of {bytes} bytes at most.',
});
const { say } = TARGET_TEST_SENTENCES;

/** What a test of a broker of IoT needs. */
export interface TargetTestSources {
  readonly around: Surroundings;
  readonly questions: PortQuestions;
  readonly profile: Profile;
  /** What holds for one connection. @throws Pm500Error MQTT_CREDENTIALS_INVALID */
  readonly settingsOf: () => BrokerSettings;
  /** What is worth knowing of the certificate; empty where nothing is. */
  readonly concernOf: () => string;
}

/**
 * Tries a broker that is not deployed: name, port, TLS, certificate, login, client ID. Nothing is published, no will is
 * left, and no connection stays. Never rejects.
 */
export async function testTargetBroker(sources: TargetTestSources): Promise<ConnectionTest> {
  const { around, questions, profile, settingsOf, concernOf } = sources;
  const refused = ({ code, sentence }: Pm500Error): ConnectionTest => ({
    ...{ isWelcome: false, code, sentence, notes: [], preview: [] },
  });
  let settings: BrokerSettings;
  try {
    settings = settingsOf();
  } catch (thrown) {
    return refused(toPm500Error(thrown, 'MQTT_CREDENTIALS_INVALID'));
  }
  let maximumBytes: number | undefined;
  const error = await tryBroker(settings, around, questions, {
    stay: (link, announced) => {
      maximumBytes = announced;
      return link.confirm();
    },
  });
  if (error !== undefined) return refused(explainFailure(error, profile, concernOf()));
  const concern = concernOf();
  return {
    isWelcome: true,
    sentence: say('welcome', { broker: `${settings.host}:${settings.port}` }),
    notes: [
      say('notPublished'),
      ...(maximumBytes === undefined ? [] : [say('limit', { bytes: maximumBytes })]),
      ...(concern === '' ? [] : [plain(`${concern}.`)]),
    ],
    preview: [],
  };
}
