import type { DoctorCheck } from '../check';
import { BACKUP_CHECKS } from './backups';
import { CERTIFICATE_CHECKS } from './certificates';
import { DELIVERY_CHECKS } from './delivery';
import { DIRECTORY_CHECKS } from './directory';
import { FLOW_CHECKS } from './flows';
import { GENTLENESS_CHECKS } from './gentleness';
import { HOST_CHECKS } from './host';
import { METER_CHECKS } from './meters';
import { PEOPLE_CHECKS } from './people';
import { SECURITY_CHECKS } from './security';
import { SERVER_CHECKS } from './servers';
import { SERVICE_CHECKS } from './service';
import { SETTINGS_CHECKS } from './settings-file';
import { VALUE_CHECKS } from './values';

/** The readiness checklist. */
export const DOCTOR_CHECKS: readonly DoctorCheck[] = [
  ...HOST_CHECKS,
  ...SERVICE_CHECKS,
  ...DIRECTORY_CHECKS,
  ...FLOW_CHECKS,
  ...SETTINGS_CHECKS,
  ...SECURITY_CHECKS,
  ...CERTIFICATE_CHECKS,
  ...DELIVERY_CHECKS,
  ...BACKUP_CHECKS,
  ...SERVER_CHECKS,
  ...METER_CHECKS,
  ...GENTLENESS_CHECKS,
  ...VALUE_CHECKS,
  ...PEOPLE_CHECKS,
];
