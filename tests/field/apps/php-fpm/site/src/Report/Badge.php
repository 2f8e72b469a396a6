<?php
namespace Shop\Report;

class Badge
{
    public function run(array $query): string
    {
        $image = imagecreatetruecolor(40, 20);
        imagestring($image, 2, 2, 2, 'tea', imagecolorallocate($image, 255, 255, 255));
        ob_start();
        imagewebp($image);
        header('Content-Type: image/webp');
        return ob_get_clean();
    }
}
