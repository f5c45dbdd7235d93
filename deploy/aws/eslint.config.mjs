import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import rules from '../../eslint.config.mjs';

/** The rules of the repository; it leaves this folder out, because the packages of this one are not installed with its own. */
export default [
  ...rules,
  { ignores: ['cdk.out/'] },
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: dirname(fileURLToPath(import.meta.url)) },
    },
  },
  { files: ['bin/**'], rules: { 'no-console': 'off' } },
];
