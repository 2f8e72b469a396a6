#!/bin/sh
set -e
cd /usr/share/postfixadmin/public
if [ ! -s /var/lib/postfixadmin/mail.db ]; then
    install -o www-data -m 600 /dev/null /var/lib/postfixadmin/mail.db
    setpriv --reuid=www-data --regid=www-data --clear-groups php upgrade.php > /tmp/upgrade.log
    setpriv --reuid=www-data --regid=www-data --clear-groups postfixadmin-cli admin add "$ADMIN_MAIL" --superadmin 1 --active 1 --password "$ADMIN_PASSWORD" --password2 "$ADMIN_PASSWORD"
    setpriv --reuid=www-data --regid=www-data --clear-groups postfixadmin-cli domain add harbour.example --description Harbour --aliases 20 --mailboxes 20 --maxquota 50 --quota 500 --active 1 --default-aliases
fi
exec "$@"
