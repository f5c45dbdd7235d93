import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { SETTINGS_PAGE, writeSettingsPage } from '../../tools/settings/page';

describe('docs/settings.md', () => {
  it('is what the rows of the settings say now', () => {
    assert.equal(readFileSync(SETTINGS_PAGE, 'utf8'), writeSettingsPage(), 'run npx tsx tools/settings/main.ts');
  });
});
