<?php
namespace App;

use Symfony\Component\Yaml\Yaml;

final class Store
{
    /** @return Tea[] */
    public static function teas(string $file = __DIR__ . '/../data/teas.yaml'): array
    {
        return array_map(fn (array $tea) => new Tea($tea['name'], $tea['price']), Yaml::parseFile($file));
    }
}
