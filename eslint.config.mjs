import { fileURLToPath } from 'node:url';
import { dirname } from 'node:path';
import tseslint from 'typescript-eslint';
import prettier from 'eslint-config-prettier';
import wholeRecords from './tools/lint/whole-records.mjs';

const root = dirname(fileURLToPath(import.meta.url));

/** Imports that a layer may not make; test/laws/dependency-rule.test.ts proves the whole map. */
const noNodeRed = {
  'no-restricted-imports': [
    'error',
    {
      patterns: [
        { group: ['node-red', 'node-red/*', '@node-red/*'], message: 'Only nodes/ may know Node-RED.' },
        { group: ['**/nodes/**'], message: 'src/ does not import nodes/.' },
      ],
    },
  ],
};

export default tseslint.config(
  // deploy/aws has packages of its own, and a configuration that takes these rules over.
  { ignores: ['dist/', 'node_modules/', 'coverage/', '.demo/', '.bench/', 'deploy/aws/', '**/*.mjs', '**/*.js'] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: root } },
    plugins: { pm500: { rules: { 'whole-records': wholeRecords } } },
    rules: {
      'pm500/whole-records': 'error',
      eqeqeq: 'error',
      'no-console': 'error',
      'no-eval': 'error',
      'no-new-func': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'PropertyDefinition > PrivateIdentifier, MethodDefinition > PrivateIdentifier',
          message: 'Classes say `private`, everywhere.',
        },
      ],
    },
  },
  { files: ['src/**'], rules: noNodeRed },
  {
    files: ['src/cli/**', 'tools/**', 'bench/**', 'test/**', 'testkit/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['test/**', 'testkit/**', 'bench/**', 'tools/**'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  prettier,
);
