<?php
namespace Tea;

class Language
{
    public function __invoke($request, $response, $next)
    {
        $wanted = $request->getQueryParams()['language'] ?? 'en';
        return $next($request->withAttribute('language', $wanted), $response);
    }
}
