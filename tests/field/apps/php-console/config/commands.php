<?php
return [
    'tea:list' => App\Command\ListCommand::class,
    'tea:export' => App\Command\ExportCommand::class,
    'tea:brew' => App\Command\BrewCommand::class,
    'tea:check' => App\Command\CheckCommand::class,
    'tea:card' => App\Command\CardCommand::class,
    'tea:prices' => App\Command\PricesCommand::class,
];
