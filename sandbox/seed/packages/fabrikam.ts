import type { DemoPackage } from './demo-package.ts'
import { magentoModule, phpClass } from './magento.ts'

const labels: DemoPackage = {
  name: 'fabrikam/module-labels',
  vendor: 'fabrikam',
  type: 'magento2-module',
  title: 'Fabrikam Labels',
  summary: 'Labels on product pictures: new, sale, last ones.',
  prices: [{ edition: 'open-source', model: 'one_time', amountMinor: 1900, currency: 'EUR' }],
  versions: (['1.0.0', '1.1.0'] as const).map((version, i) => ({
    tag: version,
    releasedAt: `2026-0${4 + i}-11T08:00:00Z`,
    files: magentoModule({
      name: 'fabrikam/module-labels',
      module: 'Fabrikam_Labels',
      description: 'Labels on product pictures.',
      magento: { conflict: i ? '<103.0.6' : '<103.0.4 || >=103.0.6' },
      changes: [[version, i ? 'Last ones are labelled.' : 'First release.']],
      files: {
        'Model/Label.php': phpClass(
          'Fabrikam\\Labels\\Model',
          `enum Label: string
{
    case New = 'new';
    case Sale = 'sale';
${i ? "    case Last = 'last';\n" : ''}}`,
        ),
      },
    }),
  })),
}

/** Broken on purpose: its newest tag declares one module name and registers another. */
const broken: DemoPackage = {
  name: 'fabrikam/module-broken',
  vendor: 'fabrikam',
  type: 'magento2-module',
  title: 'Fabrikam Broken',
  summary: 'Shows what a failing check looks like. Free.',
  prices: [{ edition: 'open-source', model: 'free', amountMinor: 0, currency: 'EUR' }],
  versions: (['1.0.0', '1.0.1'] as const).map((version, i) => ({
    tag: `v${version}`,
    releasedAt: `2026-0${6 + i}-21T08:00:00Z`,
    files: magentoModule({
      name: 'fabrikam/module-broken',
      module: 'Fabrikam_Broken',
      description: 'Shows what a failing check looks like.',
      changes: [[version, i ? 'A change that broke it.' : 'First release.']],
      ...(i && { declaredAs: 'Fabrikam_Brokn' }),
    }),
  })),
}

export const fabrikam: DemoPackage[] = [labels, broken]
