import { readFileSync } from 'node:fs';
import * as ts from 'typescript';

/** A change of one row in the text of a source file. */
export interface RowMutant {
  readonly file: string;
  /** The row and what is done to it. */
  readonly what: string;
  /** The whole text of the file with the change. */
  readonly text: string;
}

/** Another quantity, and so another unit; another unit. */
const OTHERS: Readonly<Record<string, string>> = { voltage: 'current', active_energy: 'reactive_energy', V: 'A' };
const otherThan = (word: string): string => OTHERS[word] ?? (word.includes('_') || word.length > 3 ? 'voltage' : 'V');

/** The string that a node is; undefined for another one. */
const textOf = (node: ts.Node | undefined): string | undefined =>
  node !== undefined && ts.isStringLiteral(node) ? node.text : undefined;

function propertyOf(row: ts.ObjectLiteralExpression, name: string): ts.Expression | undefined {
  const found = row.properties.find(
    (each) => ts.isPropertyAssignment(each) && ts.isIdentifier(each.name) && each.name.text === name,
  );
  return found !== undefined && ts.isPropertyAssignment(found) ? found.initializer : undefined;
}

/** What of a row is its name, and its unit and quantity where it has them: a tuple, the arguments of a call, or an object. */
interface Row {
  readonly node: ts.Node;
  readonly name: ts.Expression;
  readonly measures: readonly ts.Expression[];
}

function rowAt(node: ts.Node, nameKey: string): Row | undefined {
  if (ts.isObjectLiteralExpression(node)) {
    const [name, ...measures] = [nameKey, 'unit', 'quantity'].map((key) => propertyOf(node, key));
    if (textOf(name) === undefined || name === undefined) return undefined;
    return { node, name, measures: measures.filter((each) => each !== undefined) };
  }
  const parts = ts.isArrayLiteralExpression(node) ? node.elements : ts.isCallExpression(node) ? node.arguments : [];
  const [alias, name, ...rest] = parts;
  if (alias === undefined || !(ts.isNumericLiteral(alias) || alias.getText() === 'undefined')) return undefined;
  if (name === undefined || !/^[a-z][a-z0-9_]+$/.test(textOf(name) ?? '')) return undefined;
  // The unit follows from the quantity.
  return { node, name, measures: rest.filter((each) => /^[a-z]+(_[a-z]+)*$/.test(textOf(each) ?? '')) };
}

/** What goes with a row when it is deleted: also the call that makes something of it. */
function wholeOf(node: ts.Node): ts.Node | undefined {
  if (ts.isArrayLiteralExpression(node.parent)) return node;
  const { parent } = node;
  return ts.isCallExpression(parent) && parent.arguments.length === 1 && ts.isArrayLiteralExpression(parent.parent)
    ? parent
    : undefined;
}

/**
 * Every row of a file renamed, deleted, and given another unit and another quantity where it has them.
 * @param nameKey the property that names a row which is an object
 */
export function rowMutants(file: string, nameKey: string): readonly RowMutant[] {
  const whole = readFileSync(file, 'utf8');
  const source = ts.createSourceFile(file, whole, ts.ScriptTarget.Latest, true);
  const mutants: RowMutant[] = [];
  const put = (node: ts.Node, text: string, what: string): void => {
    mutants.push({ file, what, text: `${whole.slice(0, node.getStart())}${text}${whole.slice(node.getEnd())}` });
  };
  const visit = (node: ts.Node): void => {
    const row = rowAt(node, nameKey);
    if (row !== undefined) {
      const name = textOf(row.name) ?? '';
      put(row.name, `'${name}${nameKey === 'id' ? 'X' : '_x'}'`, `${name} renamed`);
      const gone = wholeOf(row.node);
      if (gone !== undefined) put(gone, '...[]', `${name} deleted`);
      for (const measure of row.measures) {
        const word = textOf(measure);
        if (word !== undefined) put(measure, `'${otherThan(word)}'`, `${name} not in ${word}`);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return mutants;
}
