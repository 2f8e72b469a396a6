<?php
require __DIR__ . '/../lib/picture.php';

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path === '/') {
    header('Content-Type: text/html; charset=utf-8');
    echo '<!doctype html><title>Gallery</title><link rel="stylesheet" href="/gallery.css">';
    foreach (['red', 'green', 'blue'] as $name) {
        echo "<a href=\"/picture/$name.png\"><img src=\"/picture/$name.png\" alt=\"$name\"></a>";
    }
} elseif (preg_match('#^/picture/(red|green|blue)\.png$#', $path, $found)) {
    header('Content-Type: image/png');
    picture($found[1]);
} else {
    http_response_code(404);
    echo 'nothing here';
}
