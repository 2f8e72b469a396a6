# smells: base-image composer-cache
FROM php:8.3-apache-bookworm
COPY composer.json /var/www/html/
RUN composer install --no-dev
