import { OVERVIEW_TOPIC } from '../../../src/overview/topic';
import type { OverviewMessage, OverviewSnapshot, ViewerMessage } from '../../../src/overview/viewers';

/** After what went wrong it is tried again, milliseconds. */
const AGAIN_MS = 5000;

export type OverviewUpdate = Exclude<OverviewMessage, { readonly closed: true }>;

export interface ChannelListener {
  onSnapshot(snapshot: OverviewSnapshot): void;
  onUpdate(update: OverviewUpdate): void;
  /** @param status of HTTP; 0 where nobody answers */
  onProblem(status: number): void;
  /** Keys of the meters whose values are shown now. */
  shown(): readonly string[];
}

/**
 * The way to what Node-RED tells of meters: everything once, over HTTP and by permission, then changes, over the channel
 * that the editor has open. While it is stopped nothing comes.
 */
export class OverviewChannel {
  private runs = false;
  private request: JQuery.jqXHR | undefined;
  private timer: number | undefined;
  /** What was opened with last, and the number of the last change to it; undefined while that is under way. */
  private ticket: string | undefined;
  private sequence = 0;

  constructor(private readonly listener: ChannelListener) {
    RED.comms.subscribe(OVERVIEW_TOPIC, (_topic, data) => {
      if (this.runs) this.take(data as OverviewMessage);
    });
    // The editor has lost Node-RED and has it back: what was agreed before is forgotten there.
    RED.comms.on('connect', () => {
      if (this.runs) this.ask();
    });
  }

  start(): void {
    if (this.runs) return;
    this.runs = true;
    this.ask();
  }

  stop(): void {
    if (!this.runs) return;
    this.runs = false;
    window.clearTimeout(this.timer);
    this.request?.abort();
    this.ticket = undefined;
    this.send({ kind: 'close' });
  }

  /** Tells which values are looked at now. */
  tellShown(): void {
    if (this.ticket !== undefined) this.send({ kind: 'show', shown: this.listener.shown() });
  }

  private send(message: ViewerMessage): void {
    RED.comms.send(OVERVIEW_TOPIC, message);
  }

  private ask(): void {
    window.clearTimeout(this.timer);
    this.request?.abort();
    this.ticket = undefined;
    const request = $.getJSON('pm500/overview');
    this.request = request;
    request
      .done((snapshot: OverviewSnapshot) => {
        if (!this.runs || this.request !== request) return;
        const { ticket } = snapshot;
        this.listener.onSnapshot(snapshot);
        this.ticket = ticket;
        this.sequence = 0;
        this.send({ kind: 'open', ticket, shown: this.listener.shown() });
      })
      .fail(({ status, statusText }) => {
        if (!this.runs || this.request !== request || statusText === 'abort') return;
        this.listener.onProblem(status);
        this.askLater();
      });
  }

  private askLater(): void {
    this.ticket = undefined;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      this.ask();
    }, AGAIN_MS);
  }

  private take(message: OverviewMessage): void {
    // It is asked again already.
    if (this.ticket === undefined) return;
    if ('closed' in message) {
      this.askLater();
      return;
    }
    if (message.ticket !== this.ticket) return;
    if (message.sequence !== this.sequence + 1) {
      this.askLater();
      return;
    }
    this.sequence = message.sequence;
    this.listener.onUpdate(message);
    this.send({ kind: 'got', sequence: message.sequence });
  }
}
