<?php
return function ($app, $twig) {
    $app->get('/pages/{name}', function ($request, $response, $arguments) use ($twig) {
        require_once 'League/CommonMark/autoload.php';
        $path = __DIR__ . '/../../content/' . basename($arguments['name']) . '.md';
        if (!is_file($path)) {
            throw new Slim\Exception\NotFoundException($request, $response);
        }
        $converter = new League\CommonMark\GithubFlavoredMarkdownConverter();
        $html = (string) $converter->convert(file_get_contents($path));
        $response->getBody()->write($twig->render('page.twig', ['html' => $html]));
        return $response;
    });
};
