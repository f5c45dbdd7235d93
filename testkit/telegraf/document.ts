/** A node of a document that XPath looks at, as the parsers of Telegraf make one of JSON and of protocol buffers. */
export class DocumentNode {
  readonly children: DocumentNode[] = [];

  /**
   * @param name empty for the document itself, and for elements of lists
   * @param native what `xpath_native_types` gives; undefined where there is nothing
   * @param text what it is in expressions
   */
  constructor(
    readonly name: string,
    readonly parent: DocumentNode | undefined,
    readonly native: unknown,
    readonly text: string,
  ) {}

  add(name: string, native: unknown, text: string): DocumentNode {
    const child = new DocumentNode(name, this, native, text);
    this.children.push(child);
    return child;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * JSON as github.com/antchfx/jsonquery has it (node.go): members in the order of their names, elements of lists without
 * a name; the text of a string is itself, that of anything else its JSON.
 */
export function jsonDocument(bytes: Uint8Array): DocumentNode {
  const root = new DocumentNode('', undefined, undefined, '');
  const visit = (top: DocumentNode, value: unknown): void => {
    const below: readonly (readonly [string, unknown])[] = Array.isArray(value)
      ? value.map((element: unknown) => ['', element])
      : isObject(value)
        ? Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))
        : [];
    for (const [name, each] of below) {
      visit(top.add(name, each ?? undefined, typeof each === 'string' ? each : JSON.stringify(each)), each);
    }
  };
  visit(root, JSON.parse(Buffer.from(bytes).toString('utf8')));
  return root;
}
