import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'mqtt';
import type { Destination } from '../src/delivery/destination';
import { DEFAULT_RECHECK_MS } from '../src/delivery/settings';
import { readCredentials } from '../src/iot/credentials';
import { createIotDestination } from '../src/iot/destination';
import { Enroller } from '../src/iot/enroll/enroller';
import { EdgeIdentity } from '../src/iot/enroll/identity';
import { IdentityCredentials } from '../src/iot/enroll/identity-credentials';
import { folderFiles } from '../src/iot/enroll/identity-files';
import { createOpenCloudSession } from '../src/iot/enroll/mqtt-cloud';
import { readClaim, stagedFiles } from '../src/iot/enroll/staged';
import { DEFAULT_PLACE, newIdentity } from '../src/iot/enroll/state';
import { createOpenLink } from '../src/mqtt/mqtt-link';
import { systemClock } from '../src/support/clock';
import { seededRandom } from '../src/support/random';
import { AwsIotDouble } from '../testkit/aws-iot/broker';
import { stageClaim } from '../testkit/aws-iot/stage';
import { iotPayload } from '../testkit/mqtt/iot-bench';
import type { BenchLine } from './report';

/** They rotate side by side. */
const EDGES = 5;
/** PM500_ROTATIONS=20 for a look. */
const ROTATIONS = Number(process.env['PM500_ROTATIONS'] ?? '200');
const EVERY_MS = 50;
const never = new AbortController().signal;
const ownId = (): number | undefined => process.getuid?.();

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends one record after the other, each until it is acknowledged, and notes when each was. */
class Telemetry {
  readonly acknowledgedAt: number[] = [];
  private isOver = false;
  private readonly running: Promise<void>;

  constructor(
    private readonly destination: Destination,
    private readonly thing: string,
  ) {
    this.running = this.run();
  }

  async end(): Promise<void> {
    this.isOver = true;
    await this.running;
  }

  private async run(): Promise<void> {
    for (let number = 0; !this.isOver; number += 1) {
      const record = { payload: iotPayload(number, this.thing, `pm500/${this.thing}/telemetry`), acceptedAt: 0 };
      for (;;) {
        const verdict = await this.destination.deliver([record], never);
        if (verdict.kind === 'written') break;
        // As the engine does: soon after a loss, later where a person may be needed. That a record is refused ends the bench:
        // the engine would set it aside, or ask again after a time of its own.
        if (verdict.kind === 'rejected') throw verdict.error;
        if (verdict.kind === 'retry') await pause(verdict.retryAfterMs ?? 500);
        else await pause(verdict.recheckMs ?? DEFAULT_RECHECK_MS);
      }
      this.acknowledgedAt.push(performance.now());
      await pause(EVERY_MS);
    }
  }
}

const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

interface Course {
  /** Of each rotation, the longest time without an acknowledgment, milliseconds. */
  readonly gaps: readonly number[];
  readonly sent: number;
  readonly lost: number;
  readonly active: number;
}

/** One edge that sends and rotates. */
async function rotateEdge(double: AwsIotDouble, thing: string, rotations: number): Promise<Course> {
  const folder = mkdtempSync(join(tmpdir(), 'pm500-bench-rotation-'));
  const place = { host: '127.0.0.1', port: double.port, caFile: stagedFiles(folder).ca, ...DEFAULT_PLACE };
  stageClaim(double, folder, thing);
  const openLink = createOpenLink(connect, systemClock);
  const identity = EdgeIdentity.begin(folderFiles(folder), newIdentity(thing, place));
  const claim = readClaim(folder, ownId);
  const enroll = (renews: boolean): Promise<unknown> => {
    const open = createOpenCloudSession({ openLink, clock: systemClock, place, ca: double.ca, signal: never });
    const enroller = new Enroller(identity, {
      ...{ open, clock: systemClock, signal: never, say: () => undefined },
      ...(claim === undefined ? {} : { claim }),
    });
    return enroller.run({ renews, isByHand: false });
  };
  try {
    await enroll(false);
    const credentials = new IdentityCredentials(folder, '');
    const { host, port } = place;
    const destination = createIotDestination(
      { profile: 'aws-iot-core', host, port, recordsPerMessage: 1, timeoutMs: 10_000 },
      {
        ...{ openLink, clock: systemClock, random: seededRandom(1) },
        settingsOf: () => ({
          ...{ host, port, clientId: thing, keepAliveSeconds: 60, connectTimeoutMs: 10_000, protocolVersion: 5 },
          tls: { ...readCredentials(credentials.next(), ownId), rejectUnauthorized: true },
        }),
        identity: credentials,
      },
    );
    const telemetry = new Telemetry(destination, thing);
    const own = (): AwsIotDouble['messages'] => double.messages.filter(({ clientId }) => clientId === thing);
    const gaps: number[] = [];
    for (let rotation = 0; rotation < rotations; rotation += 1) {
      const from = telemetry.acknowledgedAt.length;
      // Where in the second of the connection limit it falls is not always the same.
      await pause(500 + (rotation % 10) * 100);
      await enroll(true);
      const current = identity.state.current?.certificateId;
      while (own().at(-1)?.certificateId !== current) await pause(20);
      await pause(EVERY_MS * 3);
      const times = telemetry.acknowledgedAt.slice(Math.max(0, from - 1));
      gaps.push(Math.max(...times.slice(1).map((each, index) => each - (times[index] ?? each))));
    }
    await telemetry.end();
    await destination.close();
    const came = new Set(own().map(({ payload }) => (JSON.parse(payload) as { sequence: number }).sequence));
    const sent = telemetry.acknowledgedAt.length;
    const lost = Array.from({ length: sent }, (_, number) => number).filter((number) => !came.has(number)).length;
    return { gaps, sent, lost, active: double.services.account.activeOf(thing).length };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** How long no record is acknowledged while certificates are rotated, against the double of AWS IoT over mutual TLS. */
export async function benchIotRotation(): Promise<BenchLine[]> {
  const double = await new AwsIotDouble().start();
  try {
    const rotations = Math.ceil(ROTATIONS / EDGES);
    const edges = Array.from({ length: EDGES }, (_, number) => rotateEdge(double, `mill-${number}`, rotations));
    const courses = await Promise.all(edges);
    const gaps = courses.flatMap((each) => each.gaps).sort((one, other) => one - other);
    const sum = (of: 'sent' | 'lost' | 'active'): number => courses.reduce((total, each) => total + each[of], 0);
    const note = `${gaps.length} rotations of ${EDGES} edges, ${sum('sent')} records acknowledged, ${sum('lost')} lost, ${sum('active')} active certificates at the end`;
    return [
      { what: 'gap of telemetry at a rotation, p50', value: seconds(at(gaps, 0.5)), note },
      { what: 'gap of telemetry at a rotation, p99', value: seconds(at(gaps, 0.99)) },
      { what: 'gap of telemetry at a rotation, longest', value: seconds(gaps.at(-1) ?? 0) },
    ];
  } finally {
    await double.stop();
  }
}
