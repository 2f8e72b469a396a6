<?php require 'inc/head.php'; echo '<h1>Start</h1>';
