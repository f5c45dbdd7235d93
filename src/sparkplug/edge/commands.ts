import { readCommand } from './command';
import type { EdgeEffect } from './edge-events';
import { RefusalLimit } from './refusal-limit';

/** What a host asks for. */
export interface Wish {
  readonly kind: 'rebirth' | 'next_server' | 'nothing';
  /** What was refused, in sentences for the log: a few a minute. */
  readonly effects: readonly EdgeEffect[];
}

/** Takes the commands of hosts in, and counts them: a host may ask for births and for the next server, and write nothing. */
export class Commands {
  readonly counts = { rebirthRequests: 0, refusedCommands: 0 };
  private readonly hasFurtherServers: boolean;
  private readonly refusals = new RefusalLimit();

  constructor(hasFurtherServers: boolean) {
    this.hasFurtherServers = hasFurtherServers;
  }

  /** @param isBorn true where the edge node can be sent to another server */
  take(payload: Uint8Array, isRetained: boolean, isBorn: boolean, at: number): Wish {
    const command = readCommand(payload, isRetained, this.hasFurtherServers);
    this.counts.refusedCommands += command.refusals;
    const effects: readonly EdgeEffect[] = this.refusals
      .tell(command.warnings, at)
      .map((message) => ({ kind: 'warn', message }));
    if (command.isNextServer && isBorn) return { kind: 'next_server', effects };
    if (!command.isRebirth) return { kind: 'nothing', effects };
    this.counts.rebirthRequests++;
    return { kind: isBorn ? 'rebirth' : 'nothing', effects };
  }
}
