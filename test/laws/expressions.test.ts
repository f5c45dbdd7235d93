import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { excessiveGrowth, FACTOR } from '../../testkit/growth';
import { ROOT } from '../../testkit/root';
import { filesBelow } from '../../testkit/source-files';

interface Expression {
  readonly where: string;
  readonly source: string;
  readonly flags: string;
}

function expressionsOf(path: string): readonly Expression[] {
  const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ESNext, true);
  const found: Expression[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/');
      const line = file.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      const where = `${relative(ROOT, path)}:${line} ${node.text}`;
      found.push({ where, source: node.text.slice(1, end), flags: node.text.slice(end + 1) });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

const EXPRESSIONS = ['src', 'nodes'].flatMap((folder) =>
  filesBelow(folder, '.ts').flatMap((path) => expressionsOf(join(ROOT, path))),
);

/** What an expression may be made to count again and again: its own words, and what its classes match. */
function piecesOf(source: string): readonly string[] {
  const words = source
    .replace(/\\[dwsbpPDWS](\{[^}]*\})?/g, '\0')
    .replace(/\\(.)/g, '$1')
    .split(/[\0()[\]{}|*+?^$.]+/)
    .filter((word) => word !== '' && word.length < 60);
  return [
    ...new Set([
      ...words,
      ...words.map((word) => `${word}a`),
      words.join('a'),
      words.join(''),
      words.slice(0, -1).join(''),
      ...Array.from(' 0a-_.,:/\\"\'@[=\n'),
    ]),
  ];
}

function hostileTexts(source: string, length: number): readonly string[] {
  return piecesOf(source)
    .filter((piece) => piece !== '')
    .flatMap((piece) => {
      const run = piece.repeat(Math.ceil(length / piece.length));
      return [`${run}\0!`, `x${run}\0!`];
    });
}

const SHORT = 1024;

/** How one would hold up the process, or undefined. */
function findFault({ source, flags }: Expression): string | undefined {
  const expression = new RegExp(source, flags.replace('y', ''));
  const longTexts = hostileTexts(source, SHORT * FACTOR);
  for (const [index, short] of hostileTexts(source, SHORT).entries()) {
    const text = longTexts[index] ?? '';
    const growth = excessiveGrowth(
      () => short.replace(expression, ''),
      () => text.replace(expression, ''),
    );
    if (growth !== undefined)
      return `${JSON.stringify(text.slice(0, 40))}...: ${FACTOR} times the text, ${growth.toFixed(0)} times the work`;
  }
  return undefined;
}

describe('regular expressions on hostile text', function () {
  this.timeout(60_000);

  it('are found', () => {
    assert.ok(EXPRESSIONS.length > 100);
  });

  it('would be caught where their work grows with the square of the text', () => {
    const quadratic = { where: '', source: 'input "(.*?)" on "(.*?)" is', flags: '' };
    assert.notEqual(findFault(quadratic), undefined);
    assert.notEqual(findFault({ where: '', source: '\\s+$', flags: '' }), undefined);
    assert.equal(findFault({ where: '', source: '\\s+', flags: 'g' }), undefined);
  });

  it('work in proportion to the text', () => {
    const faults = EXPRESSIONS.flatMap((expression) => {
      const fault = findFault(expression);
      return fault === undefined ? [] : [`${expression.where} on ${fault}`];
    });
    assert.deepEqual(faults, []);
  });
});
