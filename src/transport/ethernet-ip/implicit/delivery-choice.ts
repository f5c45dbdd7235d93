import type { Clock } from '../../../support/clock';
import type { Pm500Error } from '../../../support/errors';
import type { Logger } from '../../../support/logger';
import { DELIVERIES, type CyclicDelivery, type IoConnection } from '../wire/connection-parameters';
import { CONNECTION_STATUS } from '../wire/connection-status';

/**
 * How T->O data shall travel. `auto`: for Listen Only the multicast that the PLC already has the meter send, which costs
 * the meter no frame, and point-to-point where there is none; for Input Only the other way round.
 */
export const DELIVERY_CHOICES = ['auto', ...DELIVERIES] as const;
export type DeliveryChoiceName = (typeof DELIVERY_CHOICES)[number];

/** A multicast of which no frame ever came is not tried again before this: the network may be mended meanwhile. */
const SILENT_MULTICAST_MS = 600_000;

/** Refusals of the delivery itself: the other one may be granted. */
const ABOUT_DELIVERY: readonly number[] = [
  CONNECTION_STATUS.invalidParameter,
  CONNECTION_STATUS.typeTargetToOriginatorNotSupported,
  CONNECTION_STATUS.offSubnetMulticast,
];
/**
 * Refusals that a listener may meet by multicast and not point-to-point: an owner that reads point-to-point is none to
 * some devices, others say that the production belongs to somebody, or has another interval.
 */
const ABOUT_LISTENING: readonly number[] = [
  CONNECTION_STATUS.transportNotSupported,
  CONNECTION_STATUS.ownershipConflict,
  CONNECTION_STATUS.listenOnlyWithoutOwner,
  CONNECTION_STATUS.rpiNotSupported,
  CONNECTION_STATUS.rpiNotAcceptable,
];

function extendedStatusOf(error: Pm500Error): number | undefined {
  const { extendedStatus } = error.details;
  const first: unknown = Array.isArray(extendedStatus) ? extendedStatus[0] : undefined;
  return typeof first === 'number' ? first : undefined;
}

function isAboutDelivery(error: Pm500Error): boolean {
  const status = extendedStatusOf(error);
  return error.details['unusable'] === 'multicast' || (status !== undefined && ABOUT_DELIVERY.includes(status));
}

/** Which delivery is asked for, in which order, and what was learned of it; one for each meter and process. */
export class DeliveryChoice {
  private silentUntil = Number.NEGATIVE_INFINITY;
  /** Refused as such by the meter, whatever the PLC does. */
  private readonly unsupported = new Set<CyclicDelivery>();
  private told: CyclicDelivery | undefined;

  constructor(
    private readonly chosen: DeliveryChoiceName,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** The deliveries to ask for, the best first. */
  orderFor(kind: IoConnection['kind']): readonly CyclicDelivery[] {
    if (this.chosen !== 'auto') return [this.chosen];
    const isSilent = this.clock.monotonic() < this.silentUntil;
    const best: CyclicDelivery = kind === 'listen-only' ? 'multicast' : 'point-to-point';
    const order = [best, ...DELIVERIES.filter((delivery) => delivery !== best)];
    const usable = order.filter(
      (delivery) => !this.unsupported.has(delivery) && !(isSilent && delivery === 'multicast'),
    );
    return usable.length > 0 ? usable : order;
  }

  /** True when a refusal of one delivery is worth asking for the other one. */
  mayTryOther(kind: IoConnection['kind'], error: Pm500Error): boolean {
    if (isAboutDelivery(error)) return true;
    const status = extendedStatusOf(error);
    return kind === 'listen-only' && status !== undefined && ABOUT_LISTENING.includes(status);
  }

  /** Remembers that the meter never serves a delivery, once the other one was granted. */
  noteGranted(refusal: Pm500Error, refused: CyclicDelivery): void {
    if (isAboutDelivery(refusal)) this.unsupported.add(refused);
  }

  /** Of two refusals the one that tells more: that a delivery is not served says nothing of the owner. */
  tellingOf(first: Pm500Error, second: Pm500Error): Pm500Error {
    return isAboutDelivery(second) ? first : second;
  }

  /** A multicast was granted, and no frame of it ever came. */
  noteSilence(): void {
    if (this.chosen === 'auto') this.silentUntil = this.clock.monotonic() + SILENT_MULTICAST_MS;
  }

  /** Logs how data comes, once until it changes: the assemblies of a meter need not repeat it. */
  tell(delivery: CyclicDelivery, sentence: string): void {
    if (delivery === this.told) return;
    this.told = delivery;
    this.logger.info(sentence);
  }
}
