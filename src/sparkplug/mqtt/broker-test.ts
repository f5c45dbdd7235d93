import type { MeterModel } from '../../meters/meter-model';
import type { PortQuestions } from '../../mqtt/ask-port';
import { createClientId } from '../../mqtt/client-id';
import { brokerSettings } from '../../mqtt/mqtt-options';
import type { Server } from '../../mqtt/server-list';
import { tryBroker } from '../../mqtt/try-broker';
import type { Surroundings } from '../../mqtt/visit-broker';
import type { ConnectionTest } from '../../support/connection-test';
import { toPm500Error, type Pm500Error } from '../../support/errors';
import type { Random } from '../../support/random';
import type { Sentence } from '../../support/sentence';
import { EdgeNode } from '../edge/edge-node';
import { previewBirths } from '../edge/preview-births';
import type { EdgeSessionSettings } from '../session/session-settings';
import { BrokerLook, EDGE_TEST_SENTENCES, type OthersWatch } from './broker-look';

/** What a test of the brokers of an edge node needs beside its settings. */
export interface BrokerTestSources extends OthersWatch {
  readonly around: Surroundings;
  readonly questions: PortQuestions;
  readonly random: Random;
  /** What the preview has a meter of. */
  readonly model: MeterModel;
}

const { say } = EDGE_TEST_SENTENCES;

/** Servers beside the first that are tried: nobody has more, and each is a connection. */
const MOST_FURTHER = 3;
/** CONNACK return code of MQTT 3.1.1 and reason code of MQTT 5.0 for a client ID that is refused. */
const CLIENT_ID_REFUSED: readonly unknown[] = [2, 133];

interface Finding {
  readonly server: Server;
  readonly look: BrokerLook;
  readonly error?: Pm500Error;
}

async function lookAt(settings: EdgeSessionSettings, server: Server, sources: BrokerTestSources): Promise<Finding> {
  const { around, questions, random } = sources;
  const look = new BrokerLook(settings.node, around, sources);
  try {
    // Never that of the edge node: a broker ends the session of the one that has it.
    const broker = brokerSettings(settings, server, createClientId(random));
    const error = await tryBroker(broker, around, questions, look);
    // Once it had granted what is needed, only what is not was refused.
    return error === undefined || look.isGranted ? { server, look } : { server, look, error };
  } catch (thrown) {
    return { server, look, error: toPm500Error(thrown) };
  }
}

/** What is to be said of a client ID that was refused, which was not that of the form. */
function ownIdNote({ details }: Pm500Error): readonly Sentence[] {
  if (!CLIENT_ID_REFUSED.includes(details['returnCode'])) return [];
  return [say('ownId')];
}

function furtherNote({ server: { host, port }, error }: Finding): Sentence {
  const server = `${host}:${port}`;
  if (error === undefined) return say('furtherTakes', { server });
  return say('furtherProblem', { server, problem: error.sentence });
}

/**
 * Tries the brokers of an edge node that is not deployed: name, port, TLS, login, rights to what it has to read, primary
 * host, and whether another edge node uses its IDs, as far as that can be told. Nothing is published, no will is left,
 * and no connection stays. Never rejects, but for settings that cannot be used.
 * @throws Pm500Error SPARKPLUG_ID_INVALID
 */
export async function testEdgeBroker(
  settings: EdgeSessionSettings,
  sources: BrokerTestSources,
): Promise<ConnectionTest> {
  const { node, broker, furtherServers = [], maximumMessageBytes = Infinity } = settings;
  const now = sources.around.clock.now();
  const edge = { ...node, hasFurtherServers: furtherServers.length > 0 };
  // Before anything is sent: wrong IDs are refused here.
  new EdgeNode(edge);
  const servers = [broker, ...furtherServers.slice(0, MOST_FURTHER)];
  const [first, ...further] = await Promise.all(servers.map((server) => lookAt(settings, server, sources)));
  if (first === undefined) throw new TypeError('unreachable');
  const { look, error } = first;
  const limit = Math.min(maximumMessageBytes, look.maximumBytes ?? Infinity);
  const preview = previewBirths(edge, sources.model, now, limit === Infinity ? undefined : limit);
  const rest = further.map(furtherNote);
  if (error !== undefined) {
    const notes = [...ownIdNote(error), ...rest];
    return { isWelcome: false, code: error.code, sentence: error.sentence, notes, preview: preview.lines };
  }
  const { isWaiting, waits, notes } = look.conclude(now);
  return {
    isWelcome: true,
    ...(isWaiting ? { isWaiting } : {}),
    sentence: say('welcome', { broker: `${broker.host}:${broker.port}`, waits }),
    notes: [...notes, ...preview.warnings, ...rest],
    preview: preview.lines,
  };
}
