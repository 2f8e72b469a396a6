<?php
function picture(string $name): void
{
    $shades = ['red' => [200, 40, 40], 'green' => [40, 160, 60], 'blue' => [40, 80, 200]];
    $image = imagecreatetruecolor(120, 80);
    imagefill($image, 0, 0, imagecolorallocate($image, ...$shades[$name]));
    imagestring($image, 5, 30, 30, $name, imagecolorallocate($image, 255, 255, 255));
    imagepng($image);
}
