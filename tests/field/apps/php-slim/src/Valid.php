<?php
namespace Tea;

class Valid
{
    public static function tea(?array $given): bool
    {
        return is_string($given['name'] ?? null) && is_numeric($given['price'] ?? null);
    }
}
