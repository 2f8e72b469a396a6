<?php
namespace Shop\Report;

class Total
{
    public function run(array $query): string
    {
        $db = new \PDO('sqlite::memory:');
        return 'total: ' . $db->query('select 4 + 5')->fetchColumn();
    }
}
