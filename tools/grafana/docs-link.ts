import type { DashboardLink } from '@grafana/schema';
import { DOCS_VARIABLE } from './names';

/** A link of a dashboard or a panel to a page of the documents. */
export function docsLink(title: string, page: string): DashboardLink {
  return {
    title,
    url: `\${${DOCS_VARIABLE}}/${page}`,
    type: 'link',
    icon: 'doc',
    tooltip: '',
    tags: [],
    asDropdown: false,
    includeVars: false,
    keepTime: false,
    targetBlank: true,
  };
}
