// Names of public packages, as composer.lock files of real shops have them. Only names: nothing is fetched by them.

const list = (text: string): string[] => text.trim().split(/\s+/)
const modules = (text: string): string[] => list(text).map((name) => `magento/module-${name}`)

/** Modules of Magento Open Source 2.4. */
export const OPEN_SOURCE = modules(`
  admin-analytics admin-adobe-ims admin-notification adobe-ims adobe-ims-api advanced-pricing-import-export advanced-search
  amqp analytics async-config asynchronous-operations authorization aws-s3 backend backup bundle bundle-graph-ql
  bundle-import-export cache-invalidate captcha cardinal-commerce catalog catalog-analytics catalog-cms-graph-ql
  catalog-customer-graph-ql catalog-graph-ql catalog-import-export catalog-inventory catalog-inventory-graph-ql
  catalog-rule catalog-rule-configurable catalog-rule-graph-ql catalog-search catalog-url-rewrite
  catalog-url-rewrite-graph-ql catalog-widget checkout checkout-agreements checkout-agreements-graph-ql cms cms-graph-ql
  cms-url-rewrite cms-url-rewrite-graph-ql compare-list-graph-ql config configurable-import-export configurable-product
  configurable-product-graph-ql configurable-product-sales contact contact-graph-ql cookie cron csp currency-symbol
  customer customer-analytics customer-downloadable-graph-ql customer-graph-ql customer-import-export deploy developer dhl
  directory directory-graph-ql downloadable downloadable-graph-ql downloadable-import-export eav eav-graph-ql
  elasticsearch elasticsearch-7 email encryption-key fedex gift-message gift-message-graph-ql google-adwords
  google-analytics google-gtag google-optimizer graph-ql graph-ql-cache graph-ql-resolver-cache graph-ql-server
  grouped-catalog-inventory grouped-import-export grouped-product grouped-product-graph-ql import-export indexer
  instant-purchase integration integration-graph-ql jwt-framework-adapter jwt-user-token layered-navigation
  login-as-customer login-as-customer-admin-ui login-as-customer-api login-as-customer-assistance
  login-as-customer-frontend-ui login-as-customer-graph-ql login-as-customer-log login-as-customer-quote
  login-as-customer-sales marketplace media-content media-content-api media-content-catalog media-content-cms
  media-content-synchronization media-gallery media-gallery-api media-gallery-catalog media-gallery-cms-ui
  media-gallery-integration media-gallery-metadata media-gallery-renditions media-gallery-synchronization
  media-gallery-ui media-storage message-queue msrp msrp-configurable-product msrp-grouped-product multishipping mysql-mq
  new-relic-reporting newsletter newsletter-graph-ql offline-payments offline-shipping open-search order-cancellation
  order-cancellation-graph-ql page-builder page-cache payment payment-graph-ql paypal paypal-captcha paypal-graph-ql
  persistent product-alert product-video quote quote-analytics quote-bundle-options quote-configurable-options
  quote-downloadable-links quote-graph-ql related-product-graph-ql release-notification remote-storage reports require-js
  review review-analytics review-graph-ql robots rss rule sales sales-analytics sales-graph-ql sales-inventory sales-rule
  sales-rule-graph-ql sales-sequence sample-data search security securitytxt send-friend send-friend-graph-ql shipping
  sitemap store store-graph-ql swagger swagger-webapi swagger-webapi-async swatches swatches-graph-ql
  swatches-layered-navigation tax tax-graph-ql tax-import-export theme theme-graph-ql translation two-factor-auth ui ups
  url-rewrite url-rewrite-graph-ql user usps variable vault vault-graph-ql version webapi webapi-async webapi-security
  weee weee-graph-ql widget wishlist wishlist-analytics wishlist-graph-ql`)

export const INVENTORY = modules(
  list(`_ -admin-ui -advanced-checkout -api -bundle-import-export -bundle-product -bundle-product-admin-ui
  -bundle-product-indexer -cache -catalog -catalog-admin-ui -catalog-api -catalog-frontend-ui -catalog-search
  -configurable-product -configurable-product-admin-ui -configurable-product-frontend-ui -configurable-product-indexer
  -configuration -configuration-api -distance-based-source-selection -export-stock -graph-ql -grouped-product
  -grouped-product-admin-ui -grouped-product-indexer -import-export -in-store-pickup -in-store-pickup-admin-ui
  -in-store-pickup-api -in-store-pickup-frontend -in-store-pickup-graph-ql -in-store-pickup-quote -in-store-pickup-sales
  -in-store-pickup-shipping -indexer -low-quantity-notification -low-quantity-notification-api -multi-dimensional-indexer-api
  -product-alert -quote-graph-ql -requisition-list -reservations -reservations-api -sales -sales-admin-ui -sales-api
  -sales-frontend-ui -setup-fixture-generator -shipping -shipping-admin-ui -source-deduction-api -source-selection
  -source-selection-api -swatches-frontend-ui -visual-merchandiser -wishlist`)
    .map((name) => `inventory${name === '_' ? '' : name}`)
    .join(' '),
)

export const RECAPTCHA = modules(
  list(`admin-ui checkout contact customer frontend-ui migration newsletter paypal review send-friend store-pickup ui user
  validation validation-api version-2-checkbox version-2-invisible version-3-invisible webapi-api webapi-graph-ql webapi-rest`)
    .map((name) => `re-captcha-${name}`)
    .join(' '),
)

/** Modules of Adobe Commerce, and of its extension for business customers. */
export const COMMERCE = modules(`
  admin-gws advanced-catalog advanced-checkout advanced-rule advanced-sales-rule banner banner-customer-segment
  banner-graph-ql bundle-staging catalog-event catalog-permissions catalog-permissions-graph-ql catalog-rule-staging
  catalog-staging catalog-staging-graph-ql checkout-address-search checkout-staging cms-staging configurable-product-staging
  custom-attribute-management customer-balance customer-balance-graph-ql customer-custom-attributes
  customer-finance customer-segment customer-segment-graph-ql deferred-total-calculating downloadable-staging
  elasticsearch-catalog-permissions enterprise gift-card gift-card-account gift-card-account-graph-ql gift-card-graph-ql
  gift-card-import-export gift-card-staging gift-message-staging gift-registry gift-registry-graph-ql gift-wrapping
  gift-wrapping-graph-ql gift-wrapping-staging google-optimizer-staging google-tag-manager grouped-product-staging
  invitation invitation-graph-ql layered-navigation-staging logging msrp-staging multiple-wishlist persistent-history
  price-permissions product-video-staging promotion-permissions quote-staging reminder resource-connections review-staging
  reward reward-graph-ql reward-staging rma rma-graph-ql rma-staging sales-archive sales-rule-staging scalable-checkout
  scalable-inventory scalable-oms scheduled-import-export search-staging staging staging-graph-ql support swat
  target-rule target-rule-graph-ql tax-gift-wrapping url-rewrite-import-export versions-cms versions-cms-url-rewrite
  visual-merchandiser visual-merchandiser-graph-ql website-restriction weee-staging wishlist-gift-card
  b2b company company-credit company-credit-graph-ql company-graph-ql company-payment company-shipping
  configurable-negotiable-quote configurable-requisition-list configurable-shared-catalog negotiable-quote
  negotiable-quote-graph-ql negotiable-quote-shared-catalog negotiable-quote-weee purchase-order purchase-order-rule
  quick-order requisition-list requisition-list-graph-ql shared-catalog shared-catalog-graph-ql`)

export const LIBRARIES = list(`
  adobe-commerce/os-extensions-metapackage aws/aws-crt-php aws/aws-sdk-php bacon/bacon-qr-code braintree/braintree_php
  brick/math brick/varexporter christian-riesen/base32 chillerlan/php-qrcode colinmollenhour/cache-backend-file
  colinmollenhour/cache-backend-redis colinmollenhour/credis colinmollenhour/php-redis-session-abstract composer/ca-bundle
  composer/class-map-generator composer/composer composer/metadata-minifier composer/pcre composer/semver
  composer/spdx-licenses composer/xdebug-handler dasprid/enum doctrine/deprecations doctrine/lexer duosecurity/duo_api_php
  egulias/email-validator elastic/transport elasticsearch/elasticsearch endroid/qr-code ezimuel/guzzlestreams
  ezimuel/ringphp ezyang/htmlpurifier firebase/php-jwt fastly/magento2 google/recaptcha guzzlehttp/guzzle
  guzzlehttp/promises guzzlehttp/psr7 justinrainbow/json-schema klaviyo/magento2-extension laminas/laminas-captcha
  laminas/laminas-code laminas/laminas-config laminas/laminas-crypt laminas/laminas-db laminas/laminas-di
  laminas/laminas-escaper laminas/laminas-eventmanager laminas/laminas-feed laminas/laminas-file laminas/laminas-filter
  laminas/laminas-http laminas/laminas-i18n laminas/laminas-json laminas/laminas-loader laminas/laminas-math
  laminas/laminas-modulemanager laminas/laminas-mvc laminas/laminas-permissions-acl laminas/laminas-recaptcha
  laminas/laminas-router laminas/laminas-server laminas/laminas-servicemanager laminas/laminas-soap laminas/laminas-stdlib
  laminas/laminas-text laminas/laminas-translator laminas/laminas-uri laminas/laminas-validator laminas/laminas-view
  league/flysystem league/flysystem-aws-s3-v3 league/flysystem-local league/mime-type-detection magento/composer
  magento/composer-dependency-version-audit-plugin magento/composer-root-update-plugin magento/framework
  magento/framework-amqp magento/framework-bulk magento/framework-message-queue magento/inventory-composer-installer
  magento/inventory-metapackage magento/language-de_de magento/language-en_us magento/language-es_es magento/language-fr_fr
  magento/language-nl_nl magento/language-pt_br magento/language-zh_hans_cn magento/magento-composer-installer
  magento/magento2-base magento/page-builder magento/security-package magento/theme-adminhtml-backend
  magento/theme-frontend-blank magento/theme-frontend-luma magento/zend-cache magento/zend-db magento/zend-exception
  magento/zend-loader magento/zend-log magento/zend-memory magento/zend-pdf monolog/monolog mtdowling/jmespath.php
  myclabs/deep-copy nikic/php-parser opensearch-project/opensearch-php paragonie/constant_time_encoding
  paragonie/random_compat paypal/module-braintree-core paypal/module-braintree-graph-ql pelago/emogrifier
  php-amqplib/php-amqplib phpseclib/mcrypt_compat phpseclib/phpseclib psr/cache psr/clock psr/container
  psr/event-dispatcher psr/http-client psr/http-factory psr/http-message psr/log psr/simple-cache ralouphie/getallheaders
  ramsey/collection ramsey/uuid react/promise sabberworm/php-css-parser seld/jsonlint seld/phar-utils seld/signal-handler
  spomky-labs/aes-key-wrap spomky-labs/otphp spomky-labs/pki-framework symfony/config symfony/console
  symfony/css-selector symfony/dependency-injection symfony/deprecation-contracts symfony/error-handler
  symfony/event-dispatcher symfony/event-dispatcher-contracts symfony/filesystem symfony/finder
  symfony/http-foundation symfony/http-kernel symfony/intl symfony/mailer symfony/mime symfony/polyfill-ctype
  symfony/polyfill-intl-grapheme symfony/polyfill-intl-idn symfony/polyfill-intl-normalizer symfony/polyfill-mbstring
  symfony/polyfill-php73 symfony/polyfill-php80 symfony/polyfill-php81 symfony/process symfony/service-contracts
  symfony/string symfony/var-dumper symfony/var-exporter tedivm/jshrink thecodingmachine/safe tubalmartin/cssmin
  web-token/jwt-framework webonyx/graphql-php wikimedia/less.php`)

export const DEVELOPMENT = list(`
  allure-framework/allure-codeception allure-framework/allure-php-commons allure-framework/allure-phpunit
  behat/gherkin bitexpert/phpstan-magento codeception/codeception codeception/lib-asserts codeception/lib-web
  codeception/module-asserts codeception/module-sequence codeception/module-webdriver codeception/stub csharpru/vault-php
  dealerdirect/phpcodesniffer-composer-installer dg/bypass-finals doctrine/annotations doctrine/instantiator
  evenement/evenement fidry/cpu-core-counter friendsofphp/php-cs-fixer hoa/consistency laminas/laminas-diactoros
  lusitanian/oauth magento/magento-coding-standard magento/magento2-functional-testing-framework
  mustache/mustache n98/magerun2-dist nette/utils pdepend/pdepend phar-io/manifest phar-io/version
  php-cs-fixer/diff php-webdriver/webdriver phpcompatibility/php-compatibility phpcsstandards/phpcsutils phpmd/phpmd
  phpstan/extension-installer phpstan/phpstan phpstan/phpstan-phpunit phpunit/php-code-coverage phpunit/php-file-iterator
  phpunit/php-invoker phpunit/php-text-template phpunit/php-timer phpunit/phpunit psy/psysh rector/rector
  sebastian/cli-parser sebastian/code-unit sebastian/code-unit-reverse-lookup sebastian/comparator sebastian/complexity
  sebastian/diff sebastian/environment sebastian/exporter sebastian/global-state sebastian/lines-of-code
  sebastian/object-enumerator sebastian/object-reflector sebastian/recursion-context sebastian/resource-operations
  sebastian/type sebastian/version sebastian/phpcpd squizlabs/php_codesniffer symfony/browser-kit symfony/dom-crawler
  symfony/dotenv symfony/options-resolver symfony/stopwatch symfony/yaml theseer/tokenizer weew/helpers-array
  yireo/magento2-integration-test-helper`)
