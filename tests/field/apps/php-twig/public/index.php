<?php
require_once 'Twig/autoload.php';
spl_autoload_register(function ($class) {
    $file = __DIR__ . '/../src/' . str_replace('\\', '/', $class) . '.php';
    if (is_file($file)) require $file;
});
$twig = new Twig\Environment(new Twig\Loader\FilesystemLoader(__DIR__ . '/../templates'));
switch (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)) {
    case '/': echo $twig->render('index.html.twig', ['title' => 'Tea']); break;
    case '/about': echo $twig->render('about.html.twig', ['names' => ['b', 'a']]); break;
    case '/db': echo (new Shop\Store())->count(); break;
    case '/feed': require __DIR__ . '/../src/feed.php'; break;
    case '/upper': echo mb_strtoupper('tëa'); break;
    case '/style.css': return false;
    default: http_response_code(404); echo $twig->render('errors/404.html.twig');
}
