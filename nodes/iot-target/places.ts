import type { NodeAPI } from 'node-red';
import { folderNameOf, ownPath } from '../shared/user-dir';
import type { TargetPlaces } from './read-settings';

/** Where a target keeps and looks for files. @param id of the node; none for a form that is not deployed */
export function targetPlaces(RED: NodeAPI, id?: string): TargetPlaces {
  const userDir = ownPath(RED);
  const memory = id === undefined ? undefined : ownPath(RED, 'pm500', 'things', `${folderNameOf(id)}.json`);
  return { ...(userDir === undefined ? {} : { userDir }), ...(memory === undefined ? {} : { memory }) };
}
