<?php

/** The teas of a kind. */
function tea_menu(string $kind): array
{
    return ['black' => ['Assam', 'Darjeeling'], 'green' => ['Sencha', 'Matcha']][$kind] ?? [];
}
