import { randomBytes } from 'node:crypto';
import type { NodeAPI } from 'node-red';
import { parseViewerMessage } from '../../src/overview/parse-message';
import { OVERVIEW_TOPIC } from '../../src/overview/topic';
import { OverviewViewers } from '../../src/overview/viewers';
import { systemClock } from '../../src/support/clock';
import { toPm500Error } from '../../src/support/errors';
import { Expect, isRecord } from '../../src/support/expect';
import { processLogger } from './logger';
import { acknowledgeAlarm, overviewFacts, type AlarmReference } from './overview';

const TICKET_BYTES = 18;
/** Alarms that one request may acknowledge: as many as are shown. */
const MOST_ALARMS = 300;

const expect = new Expect('MESSAGE_INVALID', 'send {"alarms": [{"node": id, "meter": name, "id": rule}]}.');

function readAlarms(body: unknown): readonly AlarmReference[] {
  const { alarms } = expect.record('body', body);
  if (!Array.isArray(alarms) || alarms.length > MOST_ALARMS)
    return expect.fail('body.alarms', alarms, `a list of at most ${MOST_ALARMS} alarms`);
  return alarms.map((each: unknown, place) => {
    const path = `body.alarms[${place}]`;
    const { node, meter, id } = expect.record(path, each);
    return {
      node: expect.text(`${path}.node`, node),
      meter: expect.text(`${path}.meter`, meter),
      id: expect.text(`${path}.id`, id),
    };
  });
}

/** Who asks, where Node-RED knows: undefined where nobody has to log in. */
function userOf(request: object): string | undefined {
  const user: unknown = 'user' in request ? request.user : undefined;
  const name = isRecord(user) ? user['username'] : undefined;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** Acknowledges each; one that is gone meanwhile costs no other, and is told at the end. */
async function acknowledge(body: unknown, by: string | undefined): Promise<void> {
  const failures: unknown[] = [];
  for (const alarm of readAlarms(body)) {
    try {
      await acknowledgeAlarm(alarm, by);
    } catch (thrown) {
      failures.push(thrown);
    }
  }
  if (failures.length > 0) throw failures[0];
}

const sessionOf = (event: unknown): string | undefined => {
  const session = isRecord(event) ? event['session'] : undefined;
  return typeof session === 'string' ? session : undefined;
};

/**
 * The pages and the channel of the overview. Whoever may read gets everything once, with a ticket; with it a window of the
 * editor is sent changes, and only that window: what is published to all would reach people who may not read this.
 */
export function registerOverviewPages(RED: NodeAPI, mayRead: string, mayAcknowledge: string): void {
  const { httpAdmin, auth, events } = RED;
  const viewers = new OverviewViewers({
    clock: systemClock,
    factsNow: () => overviewFacts(RED),
    newTicket: () => randomBytes(TICKET_BYTES).toString('base64url'),
    send: (session, data) => {
      events.emit('comms', { topic: OVERVIEW_TOPIC, data, session });
    },
    onError: (thrown) => {
      processLogger(RED).error(`The sidebar cannot be brought up to date: ${toPm500Error(thrown).message}`);
    },
  });
  events.on(`comms:message:${OVERVIEW_TOPIC}`, (event: unknown) => {
    const session = sessionOf(event);
    const message = isRecord(event) ? parseViewerMessage(event['data']) : undefined;
    if (session !== undefined && message !== undefined) viewers.hear(session, message);
  });
  events.on('comms:connection-removed', (event: unknown) => {
    const session = sessionOf(event);
    if (session !== undefined) viewers.leave(session);
  });
  httpAdmin.get('/pm500/overview', auth.needsPermission(mayRead), (_request, response) => {
    response.json(viewers.look());
  });
  httpAdmin.post('/pm500/alarms/acknowledge', auth.needsPermission(mayAcknowledge), (request, response) => {
    acknowledge(request.body, userOf(request)).then(
      () => response.json({}),
      (thrown: unknown) => response.status(400).json({ error: toPm500Error(thrown).sentence }),
    );
  });
}
