import type { IoTraffic } from '../../transport';
import type { CyclicConnection, CyclicCounts } from './cyclic-connection';
import type { SocketAddress } from '../wire/socket-address';

/** An I/O connection that counts. */
export interface CountedConnection {
  readonly cyclic: Pick<CyclicConnection, 'statistics'>;
  /** The group that its data comes by; absent: point-to-point. */
  readonly group?: SocketAddress | undefined;
}

const NOTHING: CyclicCounts = { frames: 0, missed: 0, stale: 0, misfits: 0, heartbeats: 0 };

function sum(left: CyclicCounts, right: CyclicCounts): CyclicCounts {
  return {
    frames: left.frames + right.frames,
    missed: left.missed + right.missed,
    stale: left.stale + right.stale,
    misfits: left.misfits + right.misfits,
    heartbeats: left.heartbeats + right.heartbeats,
  };
}

/** Counts what the I/O connections of one meter send and receive, over all that were open; costs nothing per frame. */
export class IoTrafficRecorder {
  private readonly open = new Set<CountedConnection>();
  private past = NOTHING;

  /** Counts a connection until the returned function is called. */
  add(connection: CountedConnection): () => void {
    this.open.add(connection);
    return () => {
      if (!this.open.delete(connection)) return;
      this.past = sum(this.past, connection.cyclic.statistics);
    };
  }

  snapshot(): IoTraffic {
    const open = [...this.open];
    const groups = open.flatMap(({ group }) => (group === undefined ? [] : [`${group.address}:${group.port}`]));
    const { frames, missed, stale, heartbeats } = open
      .map(({ cyclic }) => cyclic.statistics)
      .reduce((total, each) => sum(total, each), this.past);
    return {
      multicast: groups.length,
      pointToPoint: open.length - groups.length,
      groups: [...new Set(groups)].sort(),
      frames,
      missed,
      stale,
      heartbeats,
    };
  }
}
