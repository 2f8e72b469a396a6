<?php
require __DIR__ . '/../autoload.php';

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path === '/') {
    echo 'shop';
    return;
}
$name = 'Shop\\Report\\' . ucfirst(trim($path, '/'));
if (!class_exists($name)) {
    http_response_code(404);
    include __DIR__ . '/../templates/missing.php';
    return;
}
echo (new $name())->run($_GET);
