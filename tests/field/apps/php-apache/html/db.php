<?php $db = new SQLite3(':memory:'); echo 'sum: ' . $db->querySingle('select 1 + 2');
