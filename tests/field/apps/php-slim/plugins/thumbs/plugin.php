<?php
return function ($app) {
    $app->get('/badge/{text}', function ($request, $response, $arguments) {
        $image = imagecreatetruecolor(120, 30);
        imagestring($image, 5, 5, 5, $arguments['text'], imagecolorallocate($image, 255, 255, 255));
        ob_start();
        ($request->getQueryParams()['as'] ?? '') === 'webp' ? imagewebp($image) : imagepng($image);
        $response->getBody()->write(ob_get_clean());
        return $response;
    });
};
