from django.contrib.auth.models import User
from django.core.management.base import BaseCommand

from shop.models import Item


class Command(BaseCommand):
    def handle(self, *args, **options):
        Item.objects.create(name="Assam", price="4.50")
        Item.objects.create(name="Sencha", price="1234.00")
        User.objects.create_superuser("admin", "admin@example.org", "tea-time-9")
