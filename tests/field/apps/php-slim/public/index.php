<?php
// One entry; routes come from the folders of plugins/, as in many content managers.
if (is_file(__DIR__ . parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH))) {
    return false;
}

require_once 'Slim/autoload.php';
require_once 'Twig/autoload.php';
require_once 'Monolog/autoload.php';
spl_autoload_register(function ($class) {
    $path = __DIR__ . '/../src/' . strtr(substr($class, 4), '\\', '/') . '.php';
    if (str_starts_with($class, 'Tea\\') && is_file($path)) {
        require $path;
    }
});

$twig = new Twig\Environment(new Twig\Loader\FilesystemLoader(__DIR__ . '/../templates'));
$log = new Monolog\Logger('tea', [new Monolog\Handler\StreamHandler('php://stderr')]);
$base = new Tea\Base(__DIR__ . '/../var/tea.db');

$app = new Slim\App([
    'notFoundHandler' => fn () => function ($request, $response) use ($twig) {
        $response->getBody()->write($twig->render('missing.twig', ['path' => $request->getUri()->getPath()]));
        return $response->withStatus(404);
    },
]);
$app->add(new Tea\Language());
foreach (glob(__DIR__ . '/../plugins/*/plugin.php') as $plugin) {
    (require $plugin)($app, $twig, $base, $log);
}
$app->get('/', function ($request, $response) use ($twig, $base) {
    $response->getBody()->write($twig->render('index.twig', ['teas' => $base->teas()]));
    return $response;
});
$app->get('/teas', function ($request, $response) use ($base) {
    $response->getBody()->write(json_encode($base->teas()));
    return $response->withHeader('Content-Type', 'application/json');
});
$app->post('/teas', function ($request, $response) use ($base, $log) {
    $given = $request->getParsedBody();
    if (!Tea\Valid::tea($given)) {
        $response->getBody()->write(json_encode(['error' => 'name and price, please']));
        return $response->withStatus(422);
    }
    $base->add($given['name'], $given['price']);
    $log->info('added', $given);
    $response->getBody()->write(json_encode($given));
    return $response->withStatus(201);
});
$app->get('/fails', function () {
    throw new LogicException('the kettle fell');
});
$app->run();
