<?php
// How Composer itself normalizes and compares versions.
// JSON in: {versions: [...], pairs: [[a, b], ...]}. JSON out: {versions: [[normalized, stability], ...], pairs: [...]}.
require $argv[1] . '/VersionParser.php';
$samples = json_decode(stream_get_contents(STDIN), true);
$parser = new Composer\Semver\VersionParser();
$results = ['versions' => [], 'pairs' => []];
foreach ($samples['versions'] as $version) {
    try {
        $normalized = $parser->normalize($version);
    } catch (UnexpectedValueException $e) {
        $normalized = null;
    }
    $results['versions'][] = [$normalized, Composer\Semver\VersionParser::parseStability($version)];
}
foreach ($samples['pairs'] as [$a, $b]) $results['pairs'][] = version_compare($a, $b);
echo json_encode($results, JSON_INVALID_UTF8_SUBSTITUTE);
