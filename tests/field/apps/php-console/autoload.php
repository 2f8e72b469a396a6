<?php
foreach (['Console', 'Yaml', 'Translation', 'Serializer', 'PropertyAccess', 'Validator', 'Finder', 'Config'] as $component) {
    require_once "/usr/share/php/Symfony/Component/$component/autoload.php";
}
require_once '/usr/share/php/Twig/autoload.php';
spl_autoload_register(function (string $class): void {
    if (str_starts_with($class, 'App\\')) {
        require __DIR__ . '/src/' . str_replace('\\', '/', substr($class, 4)) . '.php';
    }
});
