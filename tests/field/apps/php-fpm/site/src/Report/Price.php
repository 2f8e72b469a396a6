<?php
namespace Shop\Report;

class Price
{
    public function run(array $query): string
    {
        $money = new \NumberFormatter($query['locale'] ?? 'de_DE', \NumberFormatter::CURRENCY);
        return $money->formatCurrency(1234.5, 'EUR');
    }
}
