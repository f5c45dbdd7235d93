import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../../testkit/root';
import { TABLE_FILE, renderTable } from './table';

/** Writes the page that the table is read on. */
void renderTable().then((text) => {
  writeFileSync(join(ROOT, TABLE_FILE), text);
});
