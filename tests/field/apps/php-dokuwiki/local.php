<?php
$conf['title'] = 'Notes of the tea house';
$conf['lang'] = 'en';
$conf['license'] = '0';
$conf['useacl'] = 1;
$conf['superuser'] = '@admin';
$conf['remote'] = 1;
$conf['remoteuser'] = '@user';
$conf['savedir'] = '/var/lib/dokuwiki/data';
$conf['updatecheck'] = 0;
