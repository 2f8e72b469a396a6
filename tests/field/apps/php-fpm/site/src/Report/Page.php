<?php
namespace Shop\Report;

class Page
{
    public function run(array $query): string
    {
        $texts = require __DIR__ . '/../../lang/' . basename($query['lang'] ?? 'en') . '.php';
        ob_start();
        include __DIR__ . '/../../templates/page.php';
        return ob_get_clean();
    }
}
