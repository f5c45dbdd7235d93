import type { Node, NodeAPI, NodeStatus } from 'node-red';

/** What a node can be, as a person sees it; the only place that knows colors and shapes. */
export type StatusKind = 'ok' | 'partial' | 'busy' | 'waiting' | 'idle' | 'failed';

type Look = Pick<NodeStatus, 'fill' | 'shape'>;

const LOOKS: Readonly<Record<StatusKind, Look>> = {
  /** Works: the last thing asked of it succeeded. */
  ok: { fill: 'green', shape: 'dot' },
  /** Works in part: some of what was asked came, or data waits for delivery. */
  partial: { fill: 'yellow', shape: 'dot' },
  /** Under way: connecting, starting. */
  busy: { fill: 'yellow', shape: 'ring' },
  /** Waits for somebody else before it can work, without a fault. */
  waiting: { fill: 'blue', shape: 'ring' },
  /** Nothing asked of it yet. */
  idle: { fill: 'grey', shape: 'ring' },
  /** Does not work: a person or the other side has to do something. */
  failed: { fill: 'red', shape: 'ring' },
};

/** The longest text that stays readable under a node in the editor. */
export const STATUS_TEXT_LIMIT = 19;

const TEXTS_KEPT = 50;

/** A status text that fits: never longer than the limit, and visibly cut when it was. */
export function fitStatusText(text: string): string {
  return text.length <= STATUS_TEXT_LIMIT ? text : `${text.slice(0, STATUS_TEXT_LIMIT - 1)}…`;
}

/**
 * The status line under one node. Texts come from the node's catalog, `<type>.status.<key>`; a status that is shown
 * already is not sent to the editor again.
 */
export class StatusLine {
  private shown = '';
  /** Texts by what was asked for: a status may be shown with every message, and looking a text up costs more than mapping one. */
  private readonly texts = new Map<string, string>();

  constructor(
    private readonly RED: Pick<NodeAPI, '_'>,
    private readonly node: Pick<Node, 'status' | 'type'>,
  ) {}

  /** @param values fill `__name__` places of the catalog's text */
  show(kind: StatusKind, key: string, values: Readonly<Record<string, string | number>> = {}): void {
    const text = this.textOf(key, values);
    const shown = `${kind} ${text}`;
    if (shown === this.shown) return;
    this.shown = shown;
    this.node.status({ ...LOOKS[kind], text });
  }

  private textOf(key: string, values: Readonly<Record<string, string | number>>): string {
    const asked = [key, ...Object.values(values)].join('\n');
    const known = this.texts.get(asked);
    if (known !== undefined) return known;
    const text = fitStatusText(this.RED._(`${this.node.type}.status.${key}`, { ...values }));
    if (this.texts.size >= TEXTS_KEPT) this.texts.clear();
    this.texts.set(asked, text);
    return text;
  }

  /** Takes the line away. */
  clear(): void {
    this.shown = '';
    this.node.status({});
  }
}
