<?php
$lang['steep'] = '%d Minuten ziehen lassen';
