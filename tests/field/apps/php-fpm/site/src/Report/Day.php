<?php
namespace Shop\Report;

class Day
{
    public function run(array $query): string
    {
        $day = new \DateTimeImmutable('2026-05-04 12:00', new \DateTimeZone('Asia/Tokyo'));
        return $day->format('c') . ' ' . mb_strtoupper('é');
    }
}
