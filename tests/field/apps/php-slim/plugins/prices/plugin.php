<?php
return function ($app, $twig, $base) {
    $app->get('/prices', function ($request, $response) use ($base) {
        $format = new NumberFormatter($request->getAttribute('language'), NumberFormatter::CURRENCY);
        foreach ($base->teas() as $tea) {
            $response->getBody()->write($tea['name'] . ' ' . $format->formatCurrency($tea['price'], 'EUR') . "\n");
        }
        return $response;
    });
    $app->get('/prices.xml', function ($request, $response) use ($base) {
        $document = new DOMDocument();
        $root = $document->appendChild($document->createElement('prices'));
        foreach ($base->teas() as $tea) {
            $root->appendChild($document->createElement('tea', $tea['name']))->setAttribute('price', $tea['price']);
        }
        $response->getBody()->write($document->saveXML());
        return $response->withHeader('Content-Type', 'application/xml');
    });
};
