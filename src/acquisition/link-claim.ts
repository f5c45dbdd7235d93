import { toPm500Error, type Pm500Error } from '../support/errors';
import { canonicalHost, isHostName, linkKeyOf, meterKeyOf } from './meter-address';
import type { LinkSettings } from './meter-settings';
import type { Claim, Protocol, ProtocolArbiter } from './protocol-arbiter';

/** The address of a host name, undefined when it has none now. */
export type ResolveHost = (name: string) => Promise<string | undefined>;

/** The right of one connection to talk to its meter, and what happens to it. Modbus RTU needs none. */
export class LinkClaim {
  private readonly protocol: Protocol;
  private readonly key: string | undefined;
  private held: Claim | undefined;

  /** @param onRevoked closes the connection, because the meter is somebody else's now */
  constructor(
    private readonly settings: LinkSettings,
    private readonly arbiter: ProtocolArbiter,
    private readonly resolveHost: ResolveHost | undefined,
    private readonly onRevoked: (reason: Pm500Error) => Promise<void>,
  ) {
    this.protocol = settings.transport?.kind === 'modbus-tcp' ? 'modbus' : 'ethernet-ip';
    this.key = meterKeyOf(settings);
  }

  /** False once the right was taken back or released, and where there was none to take. */
  get isHeld(): boolean {
    return this.key === undefined || this.held !== undefined;
  }

  /** What all ways into this meter have in common; undefined when there is but one. */
  get meter(): string | undefined {
    return this.key;
  }

  /**
   * Takes the right, and waits until connections that had to make room are closed.
   * @throws Pm500Error METER_PROTOCOL_BUSY, METER_SHARED_WITH_PLC
   */
  async take(): Promise<void> {
    const { key, arbiter, protocol } = this;
    if (key === undefined || this.held !== undefined) return;
    await this.lookUp(key);
    let revoked: Pm500Error | undefined;
    this.held = arbiter.claim(key, {
      protocol,
      link: linkKeyOf(this.settings),
      isSharedWithPlc: this.settings.sharedWithPlc ?? false,
      onRevoked: (reason) => {
        revoked = reason;
        this.held = undefined;
        return this.onRevoked(reason);
      },
    });
    await arbiter.whenLeft(key);
    if (revoked !== undefined) throw toPm500Error(revoked);
  }

  release(): void {
    this.held?.release();
    this.held = undefined;
  }

  /** A name and its address are one meter. */
  private async lookUp(key: string): Promise<void> {
    const { settings, resolveHost, arbiter } = this;
    if (resolveHost === undefined || !isHostName(settings.host)) return;
    const address = await resolveHost(canonicalHost(settings.host));
    const known = address === undefined ? undefined : meterKeyOf(settings, address);
    if (known !== undefined) arbiter.unite(key, known);
  }
}
