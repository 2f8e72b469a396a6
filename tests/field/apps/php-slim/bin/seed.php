<?php
$base = new PDO('sqlite:' . __DIR__ . '/../var/tea.db');
$base->exec('create table tea (name text primary key, price real)');
$base->exec("insert into tea values ('assam', 4.5), ('sencha', 6)");
