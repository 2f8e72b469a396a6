<?php
namespace App;

use Symfony\Component\Validator\Constraints as Assert;

final class Tea
{
    public function __construct(
        #[Assert\Length(min: 3)] public readonly string $name,
        #[Assert\Positive] public readonly float $price,
    ) {
    }
}
