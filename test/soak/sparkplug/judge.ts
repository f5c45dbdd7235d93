import { closeSync, openSync, readSync } from 'node:fs';
import { bdSeqOf, readPayload } from '../../../testkit/sparkplug/independent-decoder';
import { readTopic } from '../../../testkit/sparkplug/seen-topic';
import { StrictHost, type Delivery } from '../../../testkit/sparkplug/strict-host';
import type { CountedValues } from './counted-values';

/** A value that the flow was told is safe. */
interface Acknowledged {
  readonly device: string;
  readonly count: number;
  /** When it was taken, as the program had its clock then. */
  readonly at: number;
}

const MOST_COMPLAINTS = 50;

/**
 * The host of one edge node: the rules of the strict host, the values that came, and those that were acknowledged. Of a
 * span in which no host could read the edge node (a broker that drops births, two edge nodes of one ID) only the values
 * count.
 */
export class Judge {
  readonly complaints: string[] = [];
  readonly counts: Record<string, number> = {};
  /** Bytes of the largest message of the edge node. */
  largestMessage = 0;
  private readonly values: CountedValues;
  private readonly notes: string;
  private readonly done: Acknowledged[] = [];
  private notesRead = 0;
  private unfinished = '';
  private host = new StrictHost();
  private isSuspended = false;
  private isResuming = false;
  private bornBdSeq: bigint | undefined;

  /** @param notes where the acknowledged values are written */
  constructor(notes: string, valuesFor: (complain: (fault: string) => void) => CountedValues) {
    this.notes = notes;
    this.values = valuesFor((fault) => {
      this.complain(fault);
    });
  }

  complain(fault: string): void {
    if (this.complaints.length < MOST_COMPLAINTS) this.complaints.push(fault);
  }

  get historical(): CountedValues['historical'] {
    return this.values.historical;
  }

  get acknowledged(): number {
    this.readNotes();
    return this.done.length;
  }

  /** A CONNECT is about to be passed on: nothing of an older session can come any more. */
  onWill(topic: string, payload: Uint8Array): void {
    this.host.observeWill(topic, payload);
    this.gather();
  }

  /** From now on rules cannot be kept; values count all the same. */
  suspend(): void {
    this.isSuspended = true;
    this.isResuming = false;
  }

  /** The next NBIRTH begins anew. */
  resume(): void {
    this.isResuming = true;
  }

  observe(topic: string, payload: Uint8Array, delivery: Delivery): void {
    const type = readTopic(topic)?.type;
    if (this.isResuming && type === 'NBIRTH') {
      this.isSuspended = false;
      this.isResuming = false;
      this.host = new StrictHost();
    }
    if (type?.endsWith('CMD') === false)
      this.largestMessage = Math.max(this.largestMessage, topic.length + payload.length);
    if (type !== undefined) this.counts[type] = (this.counts[type] ?? 0) + 1;
    this.host.observe(topic, payload, delivery);
    this.values.observe(topic, payload);
    if (type === 'NBIRTH' || type === 'NDEATH') this.pair(type, payload);
    this.gather();
  }

  /** Acknowledged values that have not come. */
  missing(): readonly Acknowledged[] {
    this.readNotes();
    return this.done.filter(({ device, count }) => !this.values.has(device, count));
  }

  /** Complains of acknowledged values that came as historical ones with another time. */
  checkTimes(): void {
    this.readNotes();
    for (const { device, count, at } of this.done) {
      const seen = this.values.timeOf(device, count);
      if (seen !== undefined && seen !== at)
        this.complain(`${device} ${count} was taken at ${at} and came as of ${seen}`);
    }
  }

  /** An NDEATH that comes after the birth of the next session would make hosts doubt it. */
  private pair(type: 'NBIRTH' | 'NDEATH', payload: Uint8Array): void {
    const bdSeq = bdSeqOf(readPayload(payload).metrics.find(({ name }) => name === 'bdSeq'));
    if (type === 'NBIRTH') this.bornBdSeq = bdSeq;
    else if (bdSeq !== this.bornBdSeq && this.bornBdSeq !== undefined && !this.isSuspended)
      this.complain(`NDEATH ${String(bdSeq)} came after the NBIRTH of ${this.bornBdSeq}`);
    else this.bornBdSeq = undefined;
  }

  /** Takes over what the strict host complains of, and lets it forget the rest: a long run would fill the memory. */
  private gather(): void {
    const host = this.host;
    for (const violation of host.violations.splice(0)) if (!this.isSuspended) this.complain(violation);
    host.twiceLive.length = 0;
    host.history.clear();
    host.present.clear();
    host.births.length = 0;
  }

  private readNotes(): void {
    const file = openSync(this.notes, 'r');
    try {
      const chunk = Buffer.alloc(65_536);
      const read = (): number => readSync(file, chunk, 0, chunk.length, this.notesRead);
      for (let size = read(); size > 0; size = read()) {
        this.notesRead += size;
        const lines = (this.unfinished + chunk.toString('latin1', 0, size)).split('\n');
        this.unfinished = lines.pop() ?? '';
        for (const line of lines) {
          const [device = '', count, at] = line.split(' ');
          this.done.push({ device, count: Number(count), at: Number(at) });
        }
      }
    } finally {
      closeSync(file);
    }
  }
}
