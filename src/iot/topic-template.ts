import { Pm500Error } from '../support/errors';
import type { BrokerLimits } from './profiles';

/** What a topic may be made from beside the tags of the meter. */
export interface TopicFacts {
  readonly meter: string;
  readonly tags: Readonly<Record<string, string>>;
  /** What the record is: telemetry, alarm or event. */
  readonly kind: string;
}

/** Basic Ingest of AWS: straight to the rule of that name, past the broker. */
const BASIC_INGEST = /^\$aws\/rules\/[A-Za-z0-9_]+\//;
const VARIABLE = /\{([^{}]*)\}/g;
/** Stands for a tag that a meter does not have, so that every topic has as many levels. */
const NOTHING = '_';

const FORBIDDEN = /[+#\u0000-\u001f\u007f-\u009f]/;

const ESCAPED = /[+#/$%\u0000-\u001f\u007f-\u009f]/g;

/** For the form: no wildcards. */
export const TEMPLATE_PATTERN = String.raw`^[^+#]+$`;

function escape(value: string): string {
  // Half a surrogate pair is no UTF-8 (MQTT 3.1.1, 1.5.3); encoding and decoding puts U+FFFD in its place.
  const text = Buffer.from(value).toString();
  if (text === '') return NOTHING;
  return text.replace(ESCAPED, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

const invalid = (template: string, why: string): Pm500Error =>
  new Pm500Error('CONFIG_INVALID', `The topic ${JSON.stringify(template.slice(0, 300))} ${why}.`);

/** Topics by template, such as `pm500/{site}/{meter}/{kind}`: literal text and, in braces, meter, kind, client or a tag. */
export class TopicTemplate {
  private readonly basicIngest: string;
  private readonly parts: readonly string[];

  /**
   * @param client gives the client ID, for `{client}`
   * @throws Pm500Error CONFIG_INVALID where no topic of it could be sent
   */
  constructor(
    template: string,
    private readonly client: () => string,
    private readonly limits: BrokerLimits,
  ) {
    const [basicIngest = ''] = (limits.hasBasicIngest ? BASIC_INGEST.exec(template) : null) ?? [];
    const rest = template.slice(basicIngest.length);
    this.basicIngest = basicIngest;
    // Odd places are names of variables.
    this.parts = rest.split(VARIABLE);
    const literals = this.parts.filter((_, at) => at % 2 === 0);
    if (rest.trim() === '') throw invalid(template, 'has no level; write one such as pm500/{site}/{meter}/{kind}');
    if (literals.some((literal) => /[{}]/.test(literal)) || this.parts.some((part, at) => at % 2 === 1 && part === ''))
      throw invalid(template, 'has a brace without its other one, or nothing between them; write {meter} or a tag');
    if (literals.some((literal) => FORBIDDEN.test(literal)))
      throw invalid(template, 'has a +, a # or a control character; a message has one topic, leave them out');
    if (rest.startsWith('$'))
      throw invalid(template, "begins with $, which is the broker's own; begin with another character");
    const slashes = literals.join('').split('/').length - 1;
    if (slashes > limits.topicSlashes)
      throw invalid(template, `has ${slashes} slashes; this broker takes ${limits.topicSlashes} at most`);
  }

  /**
   * The topic of a record. Values are escaped like parts of a URL (`a/b` is `a%2Fb`), so that two of them never share one.
   * @throws Pm500Error MESSAGE_INVALID where it is longer than the broker takes, and what `client` throws
   */
  topicOf(facts: TopicFacts): string {
    const topic = this.parts.map((part, at) => (at % 2 === 0 ? part : escape(this.valueOf(part, facts)))).join('');
    const bytes = Buffer.byteLength(topic);
    if (bytes <= this.limits.topicBytes) return this.basicIngest + topic;
    throw new Pm500Error(
      'MESSAGE_INVALID',
      `The topic of the meter ${JSON.stringify(facts.meter.slice(0, 60))} has ${bytes} bytes, and the broker takes ${this.limits.topicBytes} at most; shorten the tags of the meter or the topic in the settings.`,
    );
  }

  private valueOf(name: string, { meter, tags, kind }: TopicFacts): string {
    if (name === 'meter') return meter;
    if (name === 'kind') return kind;
    if (name === 'client') return this.client();
    return Object.hasOwn(tags, name) ? (tags[name] ?? '') : '';
  }
}
