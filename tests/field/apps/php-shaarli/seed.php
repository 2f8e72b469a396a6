<?php
// The installer's answers, and the first bookmarks.
$hash = sha1('shuttle' . 'ida' . '0c5a1b7f');
@mkdir('/var/lib/shaarli/data', 0750, true);
file_put_contents('/var/lib/shaarli/data/config.json.php', str_replace('@HASH@', $hash, file_get_contents('/tmp/seed/config.json.php')));
