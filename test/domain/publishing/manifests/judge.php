<?php
// Whether Composer itself loads manifests. JSON in: [[manifest, metadata entry, tag], ...], the first two as JSON texts.
// JSON out: {version, faults: [[fault of the manifest or null, fault of the entry or null], ...]}. Argument: the folder of Composer.
require $argv[1] . '/autoload.php';
use Composer\MetadataMinifier\MetadataMinifier;
use Composer\Package\Loader\ArrayLoader;
use Composer\Package\Loader\ValidatingArrayLoader;

// Composer turns warnings into exceptions, too
set_error_handler(function (int $level, string $message) {
    if ($level !== E_DEPRECATED && $level !== E_USER_DEPRECATED) throw new ErrorException($message);
    return true;
});
$faultOf = function (callable $load) {
    try {
        $load();
        return null;
    } catch (Throwable $e) {
        return get_class($e) . ': ' . $e->getMessage();
    }
};
$read = fn (string $json) => json_decode($json, true, 512, JSON_THROW_ON_ERROR);
$results = [];
foreach ($read(stream_get_contents(STDIN)) as [$manifest, $entry, $tag]) {
    $results[] = [
        $faultOf(fn () => (new ValidatingArrayLoader(new ArrayLoader(null, true)))
            ->load(array_filter($read($manifest), fn ($value) => $value !== null) + ['version' => $tag])),
        $faultOf(function () use ($read, $entry) {
            $packages = (new ArrayLoader())->loadPackages(MetadataMinifier::expand([$read($entry)]));
            // since 2.11, before it installs a package
            if (method_exists(ValidatingArrayLoader::class, 'validatePackage'))
                array_map([ValidatingArrayLoader::class, 'validatePackage'], $packages);
        }),
    ];
}
echo json_encode(['version' => Composer\Composer::VERSION, 'faults' => $results], JSON_INVALID_UTF8_SUBSTITUTE | JSON_THROW_ON_ERROR);
