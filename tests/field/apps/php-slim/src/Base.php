<?php
namespace Tea;

class Base
{
    private \PDO $pdo;

    public function __construct(string $path)
    {
        $this->pdo = new \PDO("sqlite:$path");
    }

    public function teas(): array
    {
        return $this->pdo->query('select name, price from tea order by name')->fetchAll(\PDO::FETCH_ASSOC);
    }

    public function add(string $name, float $price): void
    {
        $this->pdo->prepare('insert into tea values (?, ?)')->execute([$name, $price]);
    }
}
