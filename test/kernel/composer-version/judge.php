<?php
// How Composer itself reads, compares and matches versions and constraints. Argument: the folder of Composer\Semver.
// JSON in and out: see `Samples` and `Judgement` in judge.ts.
spl_autoload_register(function (string $class) use ($argv) {
    require $argv[1] . strtr(substr($class, strlen('Composer\Semver')), '\\', '/') . '.php';
});
use Composer\Semver\Constraint\Constraint;
use Composer\Semver\Semver;
use Composer\Semver\VersionParser;

$samples = json_decode(stream_get_contents(STDIN), true);
$parser = new VersionParser();
$orNull = function (callable $read) {
    try {
        return $read();
    } catch (UnexpectedValueException $e) {
        return null;
    }
};
$constraint = fn (string $text) => $orNull(fn () => $parser->parseConstraints($text));
$shown = fn ($parsed) => $parsed === null ? null
    : [(string) $parsed, (string) $parsed->getLowerBound(), (string) $parsed->getUpperBound()];
echo json_encode([
    // whether this Composer reads these texts as the newest Composer does
    'newest' => [
        'dates' => $orNull(fn () => $parser->normalize('20230131.0.0')) !== null,
        'suffix' => (string) $constraint('>=1.0-RC1') === '>= 1.0.0.0-RC1',
        'bounds' => $constraint('<=1.0-beta1 || <1.0-beta1')->getUpperBound()->isInclusive(),
    ],
    'versions' => array_map(fn ($version) => [
        $orNull(fn () => $parser->normalize($version)),
        VersionParser::parseStability($version),
        $parser->normalizeBranch($version),
        $parser->parseNumericAliasPrefix($version) ?: null,
    ], $samples['versions']),
    'pairs' => array_map(fn ($pair) => version_compare(...$pair), $samples['pairs']),
    'constraints' => array_map(fn ($text) => $shown($constraint($text)), $samples['constraints']),
    'meetings' => array_map(fn ($pair) => $constraint($pair[0])->matches($constraint($pair[1])), $samples['meetings']),
    'satisfied' => array_map(
        fn ($pair) => $constraint($pair[1])->matches(new Constraint('==', $parser->normalize($pair[0]))),
        $samples['satisfied'],
    ),
    'lists' => array_map(fn ($versions) => Semver::sort($versions), $samples['lists']),
], JSON_INVALID_UTF8_SUBSTITUTE | JSON_THROW_ON_ERROR);
