import { linkKeyOf } from '../../src/acquisition/meter-address';
import { MeterPoll, type MeterPollOptions } from '../../src/acquisition/meter-poll';
import type { MeterSession } from '../../src/acquisition/meter-session';
import { describeMeter, type MeterDiagnostics } from '../../src/domain/diagnostics/diagnostics';
import type { MaintenanceRequest } from '../../src/domain/messages/maintenance';
import type { ReadMeterFacts } from '../../src/overview/facts';
import { systemClock } from '../../src/support/clock';

/** What a meter and the node that reads it have to do with each other. */
export type MemberOptions = Omit<MeterPollOptions, 'address' | 'clock'>;

/** One meter that a node reads: its session and its schedules. */
export class PollMember {
  readonly poll: MeterPoll;

  /**
   * @param release gives the session back
   * @throws Pm500Error CONFIG_INVALID when the meter has nothing in the groups
   */
  constructor(
    readonly session: MeterSession,
    options: MemberOptions,
    private readonly release: () => Promise<void> = () => Promise.resolve(),
  ) {
    this.poll = new MeterPoll(session, { ...options, address: linkKeyOf(session.settings), clock: systemClock });
  }

  get name(): string {
    return this.session.settings.name;
  }

  get diagnostics(): MeterDiagnostics {
    const { session, poll } = this;
    const { name, host, port, transport, tags } = session.settings;
    return describeMeter({ name, host, port, transport: transport?.kind ?? 'ucmm', tags }, session.diagnostics, {
      timestamp: systemClock.now(),
      missedSlots: poll.missedSlots,
      maintenanceLeftMs: session.maintenanceLeftMs,
    });
  }

  /** @param node id of the node that reads it */
  facts(node: string): ReadMeterFacts {
    return { node, name: this.name, where: linkKeyOf(this.session.settings), condition: this.poll.condition };
  }

  /** @throws Pm500Error CONFIG_INVALID when the meter has no such window */
  maintain({ durationMs }: MaintenanceRequest): void {
    if (durationMs === undefined) this.session.closeMaintenanceWindow();
    else this.session.openMaintenanceWindow(durationMs);
  }

  async stop(): Promise<void> {
    await this.poll.stop();
    await this.release();
  }
}
