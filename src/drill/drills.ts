import type { MetricsPage } from './metrics-page';

/** What a drill waits for. A page that does not come is one where Node-RED is down. */
export type DrillSign = (page: MetricsPage | undefined) => boolean;

/** A fault that a person makes on purpose, and how it is seen that it is there and over. */
export interface Drill {
  readonly name: string;
  readonly title: string;
  /** How the fault is made, and how it is ended. */
  readonly make: string;
  readonly end: string;
  readonly seen: DrillSign;
  readonly over: DrillSign;
  /** The runbook that is to be followed, below docs/. */
  readonly runbook: string;
}

/** Delivery has caught up when nothing has waited for longer than this, s. */
const CAUGHT_UP_SECONDS = 60;

const isAnyDown =
  (name: string): DrillSign =>
  (page) =>
    page?.values(name).some((value) => value === 0) ?? false;
const hasCaughtUp: DrillSign = (page) => {
  const up = page?.values('pm500_delivery_up') ?? [];
  const oldest = page?.values('pm500_delivery_oldest_seconds') ?? [];
  return up.length > 0 && up.every((value) => value === 1) && oldest.every((value) => value < CAUGHT_UP_SECONDS);
};
const metersAnswer: DrillSign = (page) => {
  const up = page?.values('pm500_up') ?? [];
  return up.length > 0 && up.every((value) => value === 1);
};
const isSinkDown = isAnyDown('pm500_delivery_up');
const isPageAway: DrillSign = (page) => page === undefined;
const allIsWell: DrillSign = (page) => hasCaughtUp(page) && metersAnswer(page);

/** The drills whose beginning and end the metrics page shows. */
export const DRILLS: readonly Drill[] = [
  {
    name: 'broker-lost',
    title: 'The MQTT broker is away',
    make: 'Stop the broker (systemctl stop pm500-mosquitto, or take its network away).',
    end: 'Start it again.',
    seen: isSinkDown,
    over: hasCaughtUp,
    runbook: 'runbooks/sink-down.md',
  },
  {
    name: 'database-lost',
    title: 'The database is away',
    make: 'Stop the database (systemctl stop pm500-influxdb, or take its network away).',
    end: 'Start it again.',
    seen: isSinkDown,
    over: hasCaughtUp,
    runbook: 'runbooks/sink-down.md',
  },
  {
    name: 'restore',
    title: 'The database is lost and restored from its backup',
    make: 'Make a backup, stop the database, and move its data away.',
    end: 'Restore the backup as docs/backup.md says, and start the database. The record knows what delivery lost, not what the backup lacks: compare a report of a month before and after.',
    seen: isSinkDown,
    over: hasCaughtUp,
    runbook: 'backup.md',
  },
  {
    name: 'disk-full',
    title: 'The disk of the database is full',
    make: 'Fill its volume with one large file (fallocate), of a test system only.',
    end: 'Remove the file, and follow the runbook: InfluxDB 1 needs more than room.',
    seen: isSinkDown,
    over: hasCaughtUp,
    runbook: 'runbooks/disk-full.md',
  },
  {
    name: 'certificate-expired',
    title: 'The certificate of a broker or a database has expired',
    make: 'Put a certificate that has expired in its place, and start the server again.',
    end: 'Put the right one back, and start the server again.',
    seen: isSinkDown,
    over: hasCaughtUp,
    runbook: 'runbooks/certificate-expires.md',
  },
  {
    name: 'failover',
    title: 'The computer of Node-RED is away, and another takes over',
    make: 'Switch the computer off, or stop Node-RED (systemctl stop pm500-node-red).',
    end: 'Start the standby with the state of the other (docs/backup.md), or start this one again; --url must reach the new one.',
    seen: isPageAway,
    over: allIsWell,
    runbook: 'runbooks/gateway-down.md',
  },
  {
    name: 'meter-exchanged',
    title: 'A meter is exchanged',
    make: 'Take the network of a meter away, as for an exchange.',
    end: 'Connect the other meter; where its counter stands elsewhere, answer the question of pm500-normalize (docs/kpis.md).',
    seen: isAnyDown('pm500_up'),
    over: (page) => metersAnswer(page) && (page?.values('pm500_counter_questions') ?? []).every((value) => value === 0),
    runbook: 'runbooks/counter-question.md',
  },
  {
    name: 'plc-complains',
    title: 'A PLC engineer wants everything off the meters at once',
    make: 'End all reading: systemctl stop pm500-node-red.',
    end: 'Let the engineer confirm that the PLC is as it was, then start Node-RED again.',
    seen: isPageAway,
    over: allIsWell,
    runbook: 'transports.md',
  },
];
