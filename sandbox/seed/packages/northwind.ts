import { library, magentoModule, magentoTheme, metapackage, type ModuleOptions, phpClass } from './magento.ts'
import type { DemoPackage, DemoVersion } from './demo-package.ts'

type Changes = ModuleOptions['changes']

/** Makes all versions of a package. The files of a version list only the changes up to that version. */
const released = (changes: Changes, dates: readonly string[], files: DemoFiles): DemoVersion[] =>
  changes
    .map(([version], i) => ({
      tag: `v${version}`,
      releasedAt: `${dates[i]}T08:00:00Z`,
      files: files(changes.slice(i), version),
    }))
    .reverse()
type DemoFiles = (changes: Changes, version: string) => DemoVersion['files']

const SEARCH_CHANGES: Changes = [
  ['2.0.0-beta1', 'Ranks by what buyers clicked.'],
  ['1.1.0', 'Forgives one wrong letter.'],
  ['1.0.1', 'Umlauts are found.'],
  ['1.0.0', 'First release.'],
]
const search: DemoPackage = {
  name: 'northwind/module-search',
  vendor: 'northwind',
  type: 'magento2-module',
  title: 'Northwind Search',
  summary: 'Product search that forgives typing errors and ranks by what buyers click.',
  prices: [
    { edition: 'open-source', model: 'one_time', amountMinor: 4900, currency: 'EUR' },
    { edition: 'commerce', model: 'one_time', amountMinor: 14_900, currency: 'EUR' },
  ],
  versions: released(
    SEARCH_CHANGES,
    ['2026-10-12', '2026-07-01', '2026-03-20', '2026-02-02'],
    (changes, version) =>
      magentoModule({
        name: 'northwind/module-search',
        module: 'Northwind_Search',
        description: 'Product search that forgives typing errors.',
        changes,
        magento: version.startsWith('1.0')
          ? { conflict: '<103.0.4 || >=103.0.7' }
          : { conflict: '<103.0.6 || >=103.0.9', testedWith: ['2.4.6-p8', '2.4.7-p3', '2.4.8'] },
        files: {
          'Model/Tolerance.php': phpClass(
            'Northwind\\Search\\Model',
            `/** How many wrong letters a word may have and still be found. */
final class Tolerance
{
    public const VERSION = '${version}';

    public function accepts(string $typed, string $meant): bool
    {
        return levenshtein(mb_strtolower($typed), mb_strtolower($meant)) <= ${version.startsWith('1.0') ? 0 : 1};
    }
}`,
          ),
        },
      }),
  ),
}

const CORE_CHANGES: Changes = [
  ['1.1.0', 'Quantities know their unit.'],
  ['1.0.0', 'First release.'],
]
const core: DemoPackage = {
  name: 'northwind/module-core',
  vendor: 'northwind',
  type: 'library',
  hidden: true,
  title: 'Northwind Core',
  summary: 'What the modules of Northwind share.',
  prices: [],
  versions: released(CORE_CHANGES, ['2026-05-04', '2026-01-15'], (changes, version) =>
    library({
      name: 'northwind/module-core',
      description: 'What the modules of Northwind share.',
      namespace: 'Northwind\\Core',
      changes,
      files: {
        'src/Quantity.php': phpClass(
          'Northwind\\Core',
          `final class Quantity
{
    public function __construct(
        public readonly int $amount,
        public readonly string $unit = '${version === '1.0.0' ? '' : 'piece'}',
    ) {
        if ($amount < 0) {
            throw new \\InvalidArgumentException('A quantity is never negative.');
        }
    }
}`,
        ),
      },
    }),
  ),
}

const STOCK_CHANGES: Changes = [
  ['1.2.0', 'Warns before the last piece is sold.'],
  ['1.1.0', 'Several warehouses.'],
  ['1.0.0', 'First release.'],
]
const stock: DemoPackage = {
  name: 'northwind/module-stock',
  vendor: 'northwind',
  type: 'magento2-module',
  title: 'Northwind Stock',
  summary: 'Stock of several warehouses in real time, with a warning before the last piece is sold.',
  prices: [
    { edition: 'open-source', model: 'yearly', amountMinor: 9900, currency: 'EUR' },
    { edition: 'commerce', model: 'yearly', amountMinor: 9900, currency: 'EUR' },
  ],
  versions: released(STOCK_CHANGES, ['2026-09-01', '2026-06-10', '2026-02-20'], (changes) =>
    magentoModule({
      name: 'northwind/module-stock',
      support: {
        email: 'help@northwind.example',
        issues: 'https://northwind.example/issues',
        docs: 'https://northwind.example/docs',
      },
      module: 'Northwind_Stock',
      description: 'Stock of several warehouses in real time.',
      require: { 'northwind/module-core': '^1.0' },
      changes,
      magento: { conflict: '<103.0.5', testedWith: ['2.4.8-p1'] },
      files: {
        'Model/Warehouse.php': phpClass(
          'Northwind\\Stock\\Model',
          `use Northwind\\Core\\Quantity;

final class Warehouse
{
    /** @param array<string, Quantity> $stock by SKU */
    public function __construct(private readonly array $stock)
    {
    }

    public function isLast(string $sku): bool
    {
        return ($this->stock[$sku]->amount ?? 0) === 1;
    }
}`,
        ),
      },
    }),
  ),
}

const SUITE_CHANGES: Changes = [
  ['1.1.0', 'Stock 1.2.'],
  ['1.0.0', 'First release.'],
]
const suite: DemoPackage = {
  name: 'northwind/suite',
  vendor: 'northwind',
  type: 'metapackage',
  title: 'Northwind Suite',
  summary: 'Search and stock together, for less than both.',
  prices: [
    { edition: 'open-source', model: 'yearly', amountMinor: 12_900, currency: 'EUR' },
    { edition: 'commerce', model: 'yearly', amountMinor: 22_900, currency: 'EUR' },
  ],
  versions: released(SUITE_CHANGES, ['2026-09-02', '2026-06-12'], (_, version) =>
    metapackage({
      name: 'northwind/suite',
      description: 'Search and stock together.',
      require: {
        'northwind/module-search': '^1.0',
        'northwind/module-stock': version === '1.0.0' ? '^1.1' : '^1.2',
      },
    }),
  ),
}

const HELLO_CHANGES: Changes = [
  ['1.0.1', 'Greets politely.'],
  ['1.0.0', 'First release.'],
]
const hello: DemoPackage = {
  name: 'northwind/module-hello',
  vendor: 'northwind',
  type: 'magento2-module',
  title: 'Northwind Hello',
  summary: 'Greets buyers by the time of day. Free.',
  prices: ['open-source', 'commerce', 'commerce-cloud'].map((edition) => ({
    edition: edition as 'commerce',
    model: 'free',
    amountMinor: 0,
    currency: 'EUR',
  })),
  versions: released(HELLO_CHANGES, ['2026-04-01', '2026-03-01'], (changes, version) =>
    magentoModule({
      name: 'northwind/module-hello',
      module: 'Northwind_Hello',
      description: 'Greets buyers by the time of day.',
      changes,
      files: {
        'Model/Greeting.php': phpClass(
          'Northwind\\Hello\\Model',
          `final class Greeting
{
    public function at(int $hour): string
    {
        return $hour < 12 ? 'Good morning${version === '1.0.0' ? '' : ', dear guest'}' : 'Good day';
    }
}`,
        ),
      },
    }),
  ),
}

const PLAIN_CHANGES: Changes = [
  ['1.1.0', 'Larger type on phones.'],
  ['1.0.0', 'First release.'],
]
const plain: DemoPackage = {
  name: 'northwind/theme-plain',
  vendor: 'northwind',
  type: 'magento2-theme',
  title: 'Plain',
  summary: 'A theme without decoration: fast, readable, accessible.',
  prices: [{ edition: 'open-source', model: 'one_time', amountMinor: 7900, currency: 'EUR' }],
  versions: released(PLAIN_CHANGES, ['2026-08-08', '2026-05-05'], (changes, version) =>
    magentoTheme({
      name: 'northwind/theme-plain',
      theme: 'frontend/Northwind/plain',
      title: 'Northwind Plain',
      description: 'A theme without decoration.',
      changes,
      magento: { conflict: '<103.0.7' },
      files: {
        'web/css/source/_theme.less': `@font-size__base: ${version === '1.0.0' ? '1.4rem' : '1.6rem'};\n`,
      },
    }),
  ),
}

export const northwind: DemoPackage[] = [core, search, stock, suite, hello, plain]
