<?php header('Content-Type: image/png'); imagepng(imagecreatetruecolor(2, 2));
