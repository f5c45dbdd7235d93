import { flowOfEveryType } from './dialogs';
import { Editor } from './editor';
import { DASHBOARD, startNodeRed, type NodeRedOptions } from './node-red';

/** A Node-RED that has a node of every type, and its editor in a browser. */
export interface EveryDialog {
  readonly editor: Editor;
  close(): Promise<void>;
}

/** @param options of the Node-RED, beside Dashboard */
export async function openEveryDialog(options: NodeRedOptions = {}): Promise<EveryDialog> {
  const red = await startNodeRed({ otherPackages: [DASHBOARD], ...options });
  try {
    await red.admin.deploy(flowOfEveryType());
    const editor = await Editor.open(red.url);
    return {
      editor,
      close: async () => {
        await editor.close();
        await red.stop();
      },
    };
  } catch (thrown) {
    await red.stop();
    throw thrown;
  }
}
