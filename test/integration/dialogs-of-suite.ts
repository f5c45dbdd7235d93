import type { Editor } from '../../testkit/node-red/editor';
import { openEveryDialog, type EveryDialog } from '../../testkit/node-red/every-dialog';

/**
 * Every dialog, in an editor that is open from before the first test of the suite that this is called in until after the last.
 * @param opened is given the editor
 */
export function dialogsOfSuite(
  opened: (editor: Editor) => void,
  options: Parameters<typeof openEveryDialog>[0] = {},
): void {
  let dialogs: EveryDialog | undefined;
  before(async () => {
    dialogs = await openEveryDialog(options);
    opened(dialogs.editor);
  });
  after(() => dialogs?.close());
}
