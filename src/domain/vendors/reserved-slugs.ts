/**
 * The namespaces that Magento 2.3 to 2.4.8 takes from other repositories, as far as we know them on 2026-11-30, also for
 * development, and some of what is often installed beside it. Sorted. A new release of Magento may add some.
 */
const OF_MAGENTO = `
  adobe adobe-commerce adobe-ims adobe-stock allure-framework amazonpay amphp amzn aws bacon beberlei behat
  blueimp braintree brick christian-riesen clue codeception colinmollenhour components composer consolidation
  container-interop csharpru cweagans dasprid dealerdirect dflydev doctrine dotdigital dotmailer duosecurity
  elastic elasticsearch endroid ergebnis evenement ezimuel ezyang facebook fastly fgrosse fidry firebase flow
  friendsofphp gene gettext google grasmash graylog2 guzzlehttp hoa hyva-themes illuminate jms justinrainbow
  khanamiryan klarna laminas laminas-api-tools lcobucci league league-php lusitanian mage-os magento magento-cloud
  magento-commerce magento-ece magento-hackathon marc-mabe monolog mtdowling mustache myclabs nette nikic nyholm
  open-telemetry opensearch opensearch-project oyejorge packagist paragonie paypal pdepend pear-pear pelago
  phar-io php php-amqplib php-cs-fixer php-http php-webdriver phpcompatibility phpcsstandards phpdocumentor phpgt
  phpmd phpoption phpseclib phpspec phpstan phpunit predis psr ralouphie ramsey react rector rhumsaa roave
  sabberworm sebastian seld softcreatr spatie spomky-labs squizlabs staabm stripe swissup symfony tbachert tedivm
  temando theseer tijsverkoyen tinymce trentrichardson tubalmartin twbs twig vaimo vertex vertexinc vimeo vlucas
  web-token webimpress webmozart webonyx weew wikimedia yotpo zendframework zf1 zf1s`

/** What a reader would take for this market itself. */
const OF_THIS_MARKET = `
  account admin api docs ext lib oauth packagento root security support system test vendor`

/**
 * Our registry answers for all names of its vendors, so whoever had one of these could replace what others publish. The
 * list cannot be complete: the operator checks the rest.
 */
export const RESERVED_SLUGS: readonly string[] = `${OF_MAGENTO} ${OF_THIS_MARKET}`.trim().split(/\s+/)
