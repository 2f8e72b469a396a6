# smells: none
FROM php:8.3-fpm-alpine
COPY composer.json /var/www/html/
RUN composer install --no-dev --no-cache
