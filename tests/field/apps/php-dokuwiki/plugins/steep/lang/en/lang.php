<?php
$lang['steep'] = 'Steep for %d minutes';
