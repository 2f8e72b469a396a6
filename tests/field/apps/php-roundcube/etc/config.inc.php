<?php
$config['db_dsnw'] = 'sqlite:////var/lib/roundcube/db/mail.db?mode=0640';
$config['imap_host'] = 'localhost:143';
$config['smtp_host'] = 'localhost:25';
$config['product_name'] = 'Mill mail';
$config['des_key'] = 'old-mill-pond-and-grain1';
$config['plugins'] = ['archive', 'zipdownload', 'managesieve', 'emoticons', 'attachment_reminder', 'newmail_notifier', 'vcard_attachments', 'identicon', 'help', 'hide_blockquote', 'markasjunk', 'subscriptions_option', 'userinfo'];
$config['skin'] = 'elastic';
$config['log_driver'] = 'file';
$config['log_dir'] = '/tmp/';
$config['session_lifetime'] = 30;
$config['enable_spellcheck'] = false;
$config['managesieve_host'] = 'localhost:4190';
$config['imap_cache'] = 'db';
