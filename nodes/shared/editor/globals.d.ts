/** What the editor gives to the scripts of forms; only what they use. */

interface EditorNode {
  readonly id: string;
  readonly name?: string;
  [property: string]: unknown;
}

interface EditorProperty {
  readonly value: unknown;
  readonly type?: string;
  readonly required?: boolean;
  /** Node-RED shows what it says only where it takes two parameters. */
  readonly validate?: (this: EditorNode, value: unknown, options: unknown) => boolean | string;
}

interface EditorDefinition {
  readonly category: string;
  readonly color?: string;
  readonly icon?: string;
  readonly align?: 'left' | 'right';
  readonly inputs?: number;
  readonly outputs?: number;
  readonly defaults: Readonly<Record<string, EditorProperty>>;
  readonly credentials?: Readonly<Record<string, { readonly type: 'text' | 'password' }>>;
  readonly paletteLabel?: (this: EditorNode) => string;
  readonly label: (this: EditorNode) => string;
  readonly labelStyle?: (this: EditorNode) => string;
  readonly inputLabels?: (this: EditorNode) => string;
  readonly outputLabels?: (this: EditorNode, index: number) => string;
  readonly oneditprepare: (this: EditorNode) => void;
  readonly oneditsave: (this: EditorNode) => void;
}

declare const RED: {
  readonly _: (key: string, values?: Readonly<Record<string, string | number>>) => string;
  readonly nodes: {
    readonly registerType: (type: string, definition: EditorDefinition) => void;
    readonly node: (id: unknown) => EditorNode | null | undefined;
    /** What is known of a type; absent while no node set with it is loaded. */
    readonly getType: (type: string) => object | undefined;
  };
  readonly events: {
    readonly on: {
      (event: 'registry:node-type-added', listener: (type: string) => void): void;
      /** Another dialog is on top, or none is open any more. */
      (event: 'editor:change' | 'editor:close', listener: () => void): void;
    };
  };
  readonly plugins: {
    readonly registerPlugin: (id: string, definition: { readonly onadd: () => void }) => void;
  };
  readonly sidebar: {
    readonly addTab: (tab: {
      readonly id: string;
      readonly label: string;
      readonly name: string;
      readonly iconClass: string;
      readonly content: HTMLElement;
      readonly action?: string;
      readonly enableOnEdit?: boolean;
    }) => void;
    readonly show: (id: string) => void;
  };
  readonly actions: {
    readonly add: (name: string, action: () => void) => void;
    readonly invoke: (name: string) => void;
  };
  /** The channel to Node-RED that the editor has open. */
  readonly comms: {
    readonly subscribe: (topic: string, listener: (topic: string, data: unknown) => void) => void;
    readonly send: (topic: string, data: object) => void;
    readonly on: (event: 'connect', listener: () => void) => void;
  };
  /** Shows a node on the canvas, or a configuration node in its sidebar. */
  readonly view: { readonly reveal: (id: string) => void };
  readonly notify: (message: JQuery, type: 'error') => void;
};

/** The row of a list that the editor's own widget shows. */
interface EditableListOptions<Row> {
  readonly addButton?: string;
  readonly height?: number | 'auto';
  readonly sortable?: boolean;
  readonly removable?: boolean;
  readonly addItem?: (container: JQuery, index: number, row: Row) => void;
  readonly removeItem?: (row: Row) => void;
  readonly sortItems?: (items: JQuery) => void;
}

interface JQuery {
  editableList<Row>(options: EditableListOptions<Row>): this;
  editableList(command: 'addItem', row: object): void;
  editableList(command: 'empty'): void;
  editableList(command: 'items'): JQuery;
  typedInput(options: { readonly default: string; readonly types: readonly string[] }): this;
}
