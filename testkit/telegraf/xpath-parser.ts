import { join } from 'node:path';
import { flagOf, tablesOf, tagsOf, textOf, textsOf, type Settings } from './configuration';
import { jsonDocument, type DocumentNode } from './document';
import type { FieldValue, TelegrafMetric } from './metric';
import { ProtobufReader } from './protobuf-document';
import { evaluate, type XPathValue } from './xpath';

/** Milliseconds of one unit of `timestamp_format`. */
const UNITS: Readonly<Record<string, number>> = { unix: 1000, unix_ms: 1 };

/**
 * The data formats `xpath_json` and `xpath_protobuf`, by plugins/parsers/xpath/README.md and parser.go: sections one
 * after the other, each selecting nodes of which every one becomes a metric.
 */
export class XPathParser {
  private readonly document: (bytes: Uint8Array) => DocumentNode;
  private readonly sections: readonly Settings[];
  private readonly isNative: boolean;
  private readonly mayBeEmpty: boolean;

  /**
   * @param folder where files of a relative path are: what Telegraf was started in
   * @param usualName the name of a metric without a name of its own
   */
  constructor(
    settings: Settings,
    folder: string,
    private readonly usualName: string,
  ) {
    this.document = reader(settings, folder);
    this.sections = tablesOf(settings, 'xpath');
    this.isNative = flagOf(settings, 'xpath_native_types');
    this.mayBeEmpty = flagOf(settings, 'xpath_allow_empty_selection');
  }

  /** @throws Error where Telegraf would log one and drop the message */
  parse(bytes: Uint8Array, now: number): readonly TelegrafMetric[] {
    const root = this.document(bytes);
    return this.sections.flatMap((section) => {
      const selected = evaluate(textOf(section, 'metric_selection', '/'), root, root);
      if (typeof selected !== 'object') throw new Error('metric_selection selects no nodes');
      if (selected.length === 0 && !this.mayBeEmpty) throw new Error('cannot parse with empty selection node');
      return selected.map((node) => this.metric(section, root, node, now));
    });
  }

  private metric(section: Settings, root: DocumentNode, node: DocumentNode, now: number): TelegrafMetric {
    const nameQuery = textOf(section, 'metric_name');
    const name = nameQuery === '' ? this.usualName : this.query(nameQuery, node, root);
    if (typeof name !== 'string') throw new Error(`failed to query metric name: ${String(name)} is no text`);
    const timeQuery = textOf(section, 'timestamp');
    const time = timeQuery === '' ? undefined : this.query(timeQuery, node, root);
    const unit = UNITS[textOf(section, 'timestamp_format', 'unix')];
    if (unit === undefined) throw new Error('this timestamp_format is not known here');
    const timestamp = time === undefined ? now : Math.floor(Number(time) * unit);
    if (!Number.isFinite(timestamp)) throw new Error(`failed to parse timestamp ${String(time)}`);
    const tags = this.batch(section, 'tag', root, node);
    for (const [tag, query] of Object.entries(tagsOf(section))) tags.push([tag, this.query(query, node, root)]);
    const fields = this.batch(section, 'field', root, node);
    for (const [field, query] of Object.entries(tagsOf(section, 'fields'))) {
      fields.push([field, this.query(query, node, root)]);
    }
    for (const [field, query] of Object.entries(tagsOf(section, 'fields_int'))) {
      const value = this.query(query, node, root);
      fields.push([field, value === undefined ? undefined : BigInt(Math.trunc(Number(value)))]);
    }
    return {
      name,
      timestamp,
      tags: Object.fromEntries(tags.flatMap(([tag, value]) => (value === undefined ? [] : [[tag, String(value)]]))),
      fields: Object.fromEntries(fields.flatMap(([field, value]) => (value === undefined ? [] : [[field, value]]))),
    };
  }

  /** What `tag_selection` or `field_selection` gives; an absolute path in it begins at the selected node. */
  private batch(
    section: Settings,
    what: 'tag' | 'field',
    root: DocumentNode,
    node: DocumentNode,
  ): [string, FieldValue | undefined][] {
    const selection = textOf(section, `${what}_selection`);
    if (selection === '') return [];
    const found = evaluate(selection, node, node);
    if (typeof found !== 'object') throw new Error(`${what}_selection selects no nodes`);
    return found.map((each) => {
      const name = this.query(textOf(section, `${what}_name`, 'name()'), each, root);
      if (typeof name !== 'string') throw new Error(`failed to query ${what} name`);
      return [name, this.query(textOf(section, `${what}_value`, '.'), each, root)];
    });
  }

  /**
   * A query begins at the document where its first character is a slash; a slash elsewhere begins at the selected node
   * (executeQuery in parser.go).
   */
  private query(query: string, node: DocumentNode, root: DocumentNode): FieldValue | undefined {
    const isAbsolute = query.startsWith('/');
    const value: XPathValue = evaluate(query, isAbsolute ? root : node, isAbsolute ? root : node);
    if (typeof value !== 'object') return value;
    const [first] = value;
    if (first === undefined) return undefined;
    return this.isNative ? (first.native as FieldValue | undefined) : first.text;
  }
}

function reader(settings: Settings, folder: string): (bytes: Uint8Array) => DocumentNode {
  const format = textOf(settings, 'data_format');
  if (format === 'xpath_json') return jsonDocument;
  if (format !== 'xpath_protobuf') throw new Error(`the data format ${format} is not known here`);
  const [file, ...others] = textsOf(settings, 'xpath_protobuf_files');
  if (file === undefined || others.length > 0) throw new Error('here a configuration has one protocol-buffer file');
  const [path = '.'] = textsOf(settings, 'xpath_protobuf_import_paths');
  const messages = new ProtobufReader(join(folder, path, file), textOf(settings, 'xpath_protobuf_type'));
  return (bytes) => messages.read(bytes);
}
