/** `npx tsx tools/doctor/main.ts`: writes docs/doctor.md, and the settings of nodes that the doctor knows. */
import { writeFileSync } from 'node:fs';
import { NODE_ROWS_FILE, writeNodeRows } from './node-rows';
import { DOCTOR_PAGE, writeDoctorPage } from './page';

async function main(): Promise<void> {
  writeFileSync(NODE_ROWS_FILE, await writeNodeRows());
  writeFileSync(DOCTOR_PAGE, writeDoctorPage());
}

void main();
