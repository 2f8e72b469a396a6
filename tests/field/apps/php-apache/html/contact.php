<?php require 'inc/head.php'; include __DIR__ . '/inc/form.php'; echo strtoupper(form('contact'));
