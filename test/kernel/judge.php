<?php
// The judge: Composer's own reading of versions. JSON in: {versions: [...], pairs: [[a, b], ...]}; JSON out: the answers.
require $argv[1] . '/VersionParser.php';
$asked = json_decode(stream_get_contents(STDIN), true);
$parser = new Composer\Semver\VersionParser();
$answers = ['versions' => [], 'pairs' => []];
foreach ($asked['versions'] as $version) {
    try {
        $normalized = $parser->normalize($version);
    } catch (UnexpectedValueException $e) {
        $normalized = null;
    }
    $answers['versions'][] = [$normalized, Composer\Semver\VersionParser::parseStability($version)];
}
foreach ($asked['pairs'] as [$a, $b]) $answers['pairs'][] = version_compare($a, $b);
echo json_encode($answers, JSON_INVALID_UTF8_SUBSTITUTE);
