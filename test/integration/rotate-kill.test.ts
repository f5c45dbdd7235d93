import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'mqtt';
import { IOT_TELEMETRY } from '../../src/iot/contracts';
import { Enroller } from '../../src/iot/enroll/enroller';
import { EdgeIdentity } from '../../src/iot/enroll/identity';
import { folderFiles } from '../../src/iot/enroll/identity-files';
import { createOpenCloudSession } from '../../src/iot/enroll/mqtt-cloud';
import { createOpenLink } from '../../src/mqtt/mqtt-link';
import { systemClock } from '../../src/support/clock';
import { seededRandom } from '../../src/support/random';
import { AwsIotDouble } from '../../testkit/aws-iot/broker';
import { stageClaim } from '../../testkit/aws-iot/stage';
import { iotCountingFlow } from '../../testkit/mqtt/iot-counting-flow';
import { startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';
import type { FlowEntry } from '../../testkit/node-red/node-red-admin';
import { acknowledgedIn } from '../../testkit/noted-counts';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';

const THING = 'mill-1';
/** The profile of AWS IoT Core knows this one and 443. */
const AWS_PORT = 8883;
const IDENTITY = `${THING}.identity`;
/** What the edge asks of the cloud, in its order; what stands on the disk then is the step before. */
const REQUESTS = [
  ['the request of a certificate', /create-from-csr/, 'requested'],
  ['the registration', /provision\/json$/, 'issued'],
  ['the commit', /certificate\/commit$/, 'proven'],
  ['the report of the job', /jobs\/[^/]+\/update$/, undefined],
] as const;

/** A moment at which Node-RED is killed. */
interface Moment {
  readonly name: string;
  /** Arms the double; it calls `kill` then. */
  readonly arm: (kill: () => void) => void;
  /** Milliseconds after the start; absent: the double says when. */
  readonly afterMs?: number;
  /** How far the pair that is being made is on the disk then. */
  readonly stage?: string | undefined;
}

const RANDOM_MOMENTS = 1;
/** PM500_KILLS=30 for the long form: more of them at random. */
const KILLS = Number(process.env['PM500_KILLS'] ?? '0');
/** PM500_SEED repeats the moments of a run; its title tells them. */
const SEED = Number(process.env['PM500_SEED'] ?? Date.now() % 1_000_000);
/** From the start of Node-RED's flows a rotation takes so long here. */
const ROTATION_MS = 4000;

const flowOf = (notes: string): readonly FlowEntry[] =>
  iotCountingFlow(
    {
      ...{ profile: 'aws-iot-core', clientId: THING, identityFolder: 'identity' },
      ...{ recordsPerMessage: 100, flushMs: 100, timeoutMs: 1000 },
    },
    { topic: 'pm500/{client}/{kind}' },
    notes,
  );

describe('Node-RED killed while it rotates its certificate', function () {
  const random = seededRandom(SEED);
  const userDir = temporaryFolder('rotate-kills');
  const folder = join(userDir, 'identity');
  const notes = join(userDir, 'acknowledged.txt');
  const never = new AbortController().signal;
  let double: AwsIotDouble;
  let nodeRed: NodeRed | undefined;
  /** What the double was made with, for moments that change it. */
  let answer: AwsIotDouble['services']['answer'];
  let admit: AwsIotDouble['admit'];

  const moments: readonly Moment[] = [
    ...REQUESTS.flatMap(([name, topic, stage]) =>
      [false, true].map((isDone) => ({
        name: `${isDone ? 'after the cloud did what it asked with' : 'as it sent'} ${name}`,
        stage,
        arm: (kill: () => void) => {
          double.services.answer = (asked, text, sender) => {
            if (!topic.test(asked)) return answer(asked, text, sender);
            if (isDone) answer(asked, text, sender);
            kill();
            return undefined;
          };
        },
      })),
    ),
    {
      name: 'as it connected with the new certificate',
      stage: 'registered',
      arm: (kill) => {
        const { certificateId } = identityNow().current ?? {};
        double.admit = (session) => {
          if (session.clientId !== IDENTITY || session.certificateId === certificateId) return admit(session);
          kill();
          return false;
        };
      },
    },
    ...Array.from({ length: Math.max(RANDOM_MOMENTS, KILLS - 9) }, () => {
      const afterMs = Math.round(random() * ROTATION_MS);
      return { name: `${afterMs} ms after its start`, afterMs, arm: () => undefined };
    }),
  ];
  this.timeout(120_000 + moments.length * 60_000);

  const identityNow = (): EdgeIdentity['state'] => EdgeIdentity.read(folderFiles(folder))!.state;
  const stored = (): ReadonlySet<number> => {
    // Requests that were withheld are messages to the double, too.
    const telemetry = double.messages.filter(({ topic }) => topic.endsWith('/telemetry'));
    const found = telemetry.flatMap(({ payload }) => {
      const message = JSON.parse(payload) as { readonly records?: readonly unknown[] };
      return (message.records ?? [message]).map((each) => Number(IOT_TELEMETRY.parse(each).metrics['frequency']));
    });
    return new Set(found);
  };

  before(async () => {
    double = await new AwsIotDouble().start(AWS_PORT);
    answer = double.services.answer.bind(double.services);
    admit = double.admit.bind(double);
    mkdirSync(userDir, { recursive: true });
    stageClaim(double, folder, THING);
    writeFileSync(join(userDir, 'flows.json'), JSON.stringify(flowOf(notes)));
    nodeRed = await startNodeRed({ userDir });
    await waitFor('the first certificate', () => existsSync(join(folder, 'identity.json')) && identityNow().current, {
      timeoutMs: 90_000,
    });
    await waitFor('telemetry', () => double.messages.length > 0);
    await crash();
  });

  after(async () => {
    await nodeRed?.stop();
    await double.stop();
    removeFolder(userDir);
  });

  const crash = async (): Promise<void> => {
    nodeRed?.channel.close();
    await nodeRed?.process.kill();
    nodeRed = undefined;
  };

  /** What a process leaves that died the moment it had taken a job up: then the next one rotates as it starts. */
  const takeUp = async (jobId: string): Promise<void> => {
    double.services.jobs.create(THING, jobId, { operation: 'rotate-certificate' });
    const identity = EdgeIdentity.read(folderFiles(folder))!;
    const { place } = identity.state;
    const open = createOpenCloudSession({
      ...{ openLink: createOpenLink(connect, systemClock), clock: systemClock, place, signal: never },
      ca: readFileSync(place.caFile, 'utf8'),
    });
    const say = (): void => undefined;
    await new Enroller(identity, { open, clock: systemClock, signal: never, say }).takeJob();
    assert.equal(identityNow().job?.jobId, jobId);
  };

  it(`at every step and at random it comes back with a certificate, rotates, and loses nothing (${moments.length} kills, PM500_SEED=${SEED})`, async () => {
    for (const [at, { name, arm, afterMs, stage }] of moments.entries()) {
      const old = identityNow().current;
      await takeUp(`renew-${at}`);
      let isKilled = false;
      let seen: string | undefined;
      const starting = startNodeRed({ userDir });
      const killing = new Promise<void>((resolve) => {
        arm(() => {
          if (isKilled) return;
          isKilled = true;
          // At once, before anything is answered.
          void starting.then((running) => {
            nodeRed = running;
            seen = identityNow().next?.stage;
            void crash().then(resolve);
          });
        });
        if (afterMs === undefined) return;
        void starting.then(async (running) => {
          nodeRed = running;
          await pause(afterMs);
          isKilled = true;
          await crash();
          resolve();
        });
      });
      await killing;
      assert.ok(isKilled, name);
      if (afterMs === undefined) assert.equal(seen, stage, name);
      double.services.answer = answer;
      double.admit = admit;
      const before = { messages: double.messages.length, notes: acknowledgedIn(notes).length };
      nodeRed = await startNodeRed({ userDir });
      await waitFor(
        `the new certificate, killed ${name}`,
        () => {
          const { current, next, job } = identityNow();
          return current?.number !== old?.number && next === undefined && job === undefined;
        },
        { timeoutMs: 60_000 },
      );
      const { current } = identityNow();
      await waitFor(`telemetry with the new certificate, killed ${name}`, () =>
        double.messages.slice(before.messages).some(({ certificateId }) => certificateId === current?.certificateId),
      );
      const accepted = acknowledgedIn(notes).slice(0, before.notes);
      await waitFor(`what was accepted before, killed ${name}`, () => {
        const found = stored();
        return accepted.every((number) => found.has(number));
      });
      await waitFor('notes of this life', () => acknowledgedIn(notes).length > before.notes);
      const { account, jobs } = double.services;
      assert.deepEqual(
        account.activeOf(THING).map(({ id }) => id),
        [current?.certificateId],
        name,
      );
      assert.equal(jobs.executions.find(({ jobId }) => jobId === `renew-${at}`)?.status, 'SUCCEEDED', name);
      await crash();
    }
    nodeRed = await startNodeRed({ userDir });
    const acknowledged = acknowledgedIn(notes);
    await waitFor('the last acknowledged record', () => stored().has(Math.max(...acknowledged)));
    const found = stored();
    const missing = acknowledged.filter((number) => !found.has(number));
    assert.deepEqual(missing, [], `${missing.length} of ${acknowledged.length} acknowledged records are missing`);
    assert.ok(acknowledged.length > 10 * moments.length, `${acknowledged.length} messages were acknowledged`);
    assert.equal(existsSync(join(userDir, 'pm500', 'refused')), false, 'no record was set aside');
    assert.deepEqual(
      double.violations.filter(({ clientId }) => clientId === THING),
      [],
    );
  });
});
