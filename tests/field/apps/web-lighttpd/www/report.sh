printf 'Content-Type: text/plain\r\n\r\n'
du -k /var/www | sort -n | tail -n 1
date +%Y
