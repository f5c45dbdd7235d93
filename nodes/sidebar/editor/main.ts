import { Sidebar } from './sidebar';
import { text } from './words';

const TAB = 'pm500-sidebar';
const SHOW = 'pm500:show-sidebar';

RED.plugins.registerPlugin(TAB, {
  // The editor brings back the tab that was open before only where it is there at once.
  onadd: () => {
    const sidebar = new Sidebar();
    RED.actions.add(SHOW, () => {
      RED.sidebar.show(TAB);
    });
    RED.sidebar.addTab({
      id: TAB,
      label: text('label'),
      name: text('name'),
      iconClass: 'fa fa-bolt',
      content: sidebar.element,
      action: SHOW,
      enableOnEdit: true,
    });
    sidebar.follow();
  },
});
