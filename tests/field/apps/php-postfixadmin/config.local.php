<?php
$CONF['configured'] = true;
$CONF['database_type'] = 'sqlite';
$CONF['database_name'] = '/var/lib/postfixadmin/mail.db';
$CONF['encrypt'] = 'php_crypt:SHA512';
$CONF['default_aliases'] = ['abuse' => 'abuse@harbour.example', 'postmaster' => 'postmaster@harbour.example'];
$CONF['emailcheck_resolve_domain'] = 'NO';
$CONF['quota'] = 'YES';
$CONF['backup'] = 'NO';
$CONF['vacation'] = 'YES';
$CONF['vacation_domain'] = 'autoreply.harbour.example';
$CONF['smtp_server'] = '127.0.0.1';
$CONF['smtp_port'] = '2525';
$CONF['admin_email'] = 'root@harbour.example';
$CONF['mailbox_postcreation_script'] = '/usr/local/bin/made.sh';
$CONF['xmlrpc_enabled'] = false;
$CONF['password_validation'] = ['/.{8}/' => 'password_too_short 8', '/([0-9].*){2}/' => 'password_no_digits 2'];
$CONF['footer_text'] = 'Harbour mail';
